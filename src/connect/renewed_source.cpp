#include "connect/renewed_source.h"

#include <utility>

#include "net/await.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kRetry{10};

}  // namespace

RenewedConnectionSource::RenewedConnectionSource(std::shared_ptr<const net::AddressRules> rules,
                                                 Renew renew)
    : ConnectionSource(std::move(rules)), renew_(std::move(renew)) {}

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
    co_return co_await net::await_callback<Given>(std::move(start));
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
            // The thread is at its end: setting running_ is its last action.
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
