#include "etcd/kept_lease.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "etcd/methods.h"

namespace snapgate::etcd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr base::Millis kPauseAfterFailure{200};
// What one member gets to answer a sign of life, before another one is asked.
constexpr std::chrono::milliseconds kAnswerTime{1500};
// How long stop() may have to wait for the thread.
constexpr std::chrono::milliseconds kLookTime{100};

}  // namespace

Result<std::unique_ptr<Lease>> KeptLease::grant(Client::Connection& connection,
                                                LeaseOptions options) {
    const Time asked = Clock::now();
    Client::Connection::Request request{method::kLeaseGrant, encode_grant(options.ttl),
                                        connection.deadline_of(std::nullopt)};
    SNAPGATE_ASSIGN(auto answer, connection.call_and_wait(std::move(request)));
    SNAPGATE_ASSIGN(const Granted granted, decode_granted(answer));
    return std::unique_ptr<Lease>(
        std::make_unique<KeptLease>(connection, granted, asked, std::move(options.lost)));
}

KeptLease::KeptLease(Client::Connection& connection, Granted granted, Time asked,
                     std::function<void()> lost)
    : connection_(connection),
      granted_(granted),
      lost_(std::move(lost)),
      held_until_(asked + granted.ttl) {
    thread_.start([this] { keep_alive(); });
}

Time KeptLease::held_until() const {
    const base::MutexLock lock(mutex_);
    return held_until_;
}

void KeptLease::set_held_until(Time time) {
    const base::MutexLock lock(mutex_);
    held_until_ = time;
}

void KeptLease::keep_alive() {
    const auto between = std::chrono::milliseconds(granted_.ttl) / 3;
    Time next = held_until() - granted_.ttl + between;
    while (thread_.wait_until(std::min(next, held_until()))) {
        const Time sent = Clock::now();
        const auto given = sent < held_until() ? give_sign() : Result<void>();
        if (thread_.stopping()) return;
        if (given && held()) {
            next = sent + between;
            continue;
        }
        const bool gone = !given && given.error().code == ErrorCode::kNotFound;
        if (gone || !held()) {
            set_held_until(Time::min());
            if (lost_) lost_();
            return;
        }
        next = Clock::now() + kPauseAfterFailure;
    }
}

Result<void> KeptLease::give_sign() {
    const Time sent = Clock::now();
    const Time deadline = std::min(held_until(), sent + kAnswerTime);
    SNAPGATE_ASSIGN(const auto opened, connection_.open(method::kLeaseKeepAlive));
    opened.stream->write(encode_keep_alive(granted_.id));
    while (!thread_.stopping()) {
        const Stream::Read read = opened.stream->read(std::min(deadline, Clock::now() + kLookTime));
        if (read.failure) return connection_.stream_failed(opened, *read.failure);
        if (read.message) {
            SNAPGATE_ASSIGN(const auto ttl, decode_kept_alive(granted_.id, *read.message));
            if (ttl.count() == 0) return Error(ErrorCode::kNotFound, "the lease is gone");
            set_held_until(sent + ttl);
            return {};
        }
        if (Clock::now() >= deadline) {
            Failure silent;
            silent.message = "no answer to the sign of life of a lease";
            silent.elsewhere = true;
            return connection_.stream_failed(opened, silent);
        }
    }
    return Error(ErrorCode::kClosed, "the lease was given up");
}

Result<void> KeptLease::revoke() {
    thread_.stop();
    set_held_until(Time::min());
    const Client::Connection::Request request{method::kLeaseRevoke, encode_revoke(granted_.id),
                                              connection_.deadline_of(std::nullopt)};
    const auto answer = connection_.call_and_wait(request);
    if (!answer && answer.error().code != ErrorCode::kNotFound) return answer.error();
    return {};
}

}  // namespace snapgate::etcd
