#include "connect/renewed_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/test_time.h"
#include "net/await_for.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kRetry{10};
// A cluster that is gone is noticed by a question that needs credentials, so a program that hangs
// must not hold up the question for long.
constexpr std::chrono::milliseconds kPatience{10'000};

}  // namespace

RenewedConnectionSource::RenewedConnectionSource(std::shared_ptr<const net::AddressRules> rules,
                                                 Renew renew,
                                                 std::shared_ptr<const RenewalStep> step,
                                                 std::chrono::milliseconds patience)
    : ConnectionSource(std::move(rules)),
      renew_(std::move(renew)),
      step_(std::move(step)),
      patience_(patience) {}

std::chrono::milliseconds RenewedConnectionSource::usual_patience() {
    return base::test_time("credentials", kPatience);
}

RenewedConnectionSource::~RenewedConnectionSource() {
    stop_ = true;
    std::thread thread;
    {
        const base::MutexLock lock(mutex_);
        thread = std::move(thread_);
    }
    if (!thread.joinable()) return;
    // The last owner may be a waiter that this very thread has answered. The thread touches nothing
    // of this object after that.
    if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
    } else {
        thread.join();
    }
}

net::Awaitable<Result<std::shared_ptr<const Connection>>> RenewedConnectionSource::current() {
    std::function<void(Waiter)> start = [this](Waiter waiter) { ask(std::move(waiter)); };
    auto given = co_await net::await_callback_for<Given>(std::move(start), patience_);
    if (given) co_return *std::move(given);
    if (auto last = last_good()) co_return last;
    co_return not_given();
}

std::shared_ptr<const Connection> RenewedConnectionSource::last_good() {
    const base::MutexLock lock(mutex_);
    if (refused_ || last_ == nullptr) return nullptr;
    good_until_ = steady_clock::now() + kRetry;
    return last_;
}

Error RenewedConnectionSource::not_given() const {
    const std::string what = step_ ? step_->text() : "";
    return {Code::kUnauthorized,
            fmt::format("{} has not given the credentials of this cluster within {:g} s, and is "
                        "waited for",
                        what.empty() ? "a file or a program of the kubeconfig" : what,
                        std::chrono::duration<double>(patience_).count()),
            "CredentialsTimeout"};
}

bool RenewedConnectionSource::refused() {
    const base::MutexLock lock(mutex_);
    refused_ = true;
    return true;
}

void RenewedConnectionSource::ask(Waiter waiter) {
    std::shared_ptr<const Connection> good;
    {
        const base::MutexLock lock(mutex_);
        if (last_ != nullptr && !refused_ && steady_clock::now() < good_until_) {
            good = last_;
        } else if (stop_) {
            good = nullptr;
        } else {
            waiters_.push_back(std::move(waiter));
            if (running_) return;
            running_ = true;
            // The thread that is joined has set running_ under this lock and wants it no more. What
            // it may still do is call its waiters, none of which waits for us: they only post.
            if (thread_.joinable()) thread_.join();
            thread_ = std::thread([this, refused = refused_] { renew(refused); });
            return;
        }
    }
    if (good != nullptr) return waiter(std::move(good));
    waiter(Error(Code::kUnavailable, "this server is stopping"));
}

void RenewedConnectionSource::renew(bool refused) {
    auto renewed = renew_(refused, stop_);
    std::vector<Waiter> waiters;
    const Given given = [&]() -> Given {
        const base::MutexLock lock(mutex_);
        waiters.swap(waiters_);
        Given taken = take_in(std::move(renewed));
        running_ = false;
        return taken;
    }();
    for (const Waiter& waiter : waiters) waiter(given);
}

RenewedConnectionSource::Given RenewedConnectionSource::take_in(Result<RenewedConnection> renewed) {
    if (renewed) {
        last_ = std::make_shared<const Connection>(std::move(renewed->connection));
        good_until_ = renewed->good_until;
        refused_ = false;
        return last_;
    }
    if (last_ == nullptr || refused_) return renewed.error();
    good_until_ = steady_clock::now() + kRetry;
    return last_;
}

}  // namespace snapgate::connect
