#include "identity/issuers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "net/await.h"
#include "net/event_loop.h"

namespace snapgate::identity {

using base::Result;

namespace {

// How long a request waits for keys, and how many at a time.
constexpr std::chrono::seconds kPatience{5};
constexpr size_t kMostWaiting = 64;

// A place among those who wait.
class Waiting {
  public:
    explicit Waiting(std::atomic<size_t>& count) : count_(count), number_(++count) {}
    ~Waiting() { --count_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    bool allowed() const { return number_ <= kMostWaiting; }

  private:
    std::atomic<size_t>& count_;
    const size_t number_;
};

}  // namespace

// An issuer, and when its keys are fetched. On the loop's thread but for `issuer` and `rules`.
struct Issuers::Kept {
    Kept(std::shared_ptr<Issuer> of, std::shared_ptr<const net::AddressRules> may_reach,
         const net::Executor& executor)
        : issuer(std::move(of)), rules(std::move(may_reach)), alarm(executor) {}

    // Fetches until the issuer is retired.
    static net::Awaitable<void> keep(std::shared_ptr<Kept> kept, Fetch fetch, KeptKeys files) {
        while (!kept->issuer->is_retired()) {
            kept->issuer->begin_fetch();
            auto fetched = co_await fetch(kept->issuer->declared(), kept->rules);
            const bool good = fetched.has_value();
            const base::Millis pause = kept->issuer->end_fetch(std::move(fetched));
            if (good && !kept->issuer->is_retired()) {
                files.write(kept->issuer->declared(), *kept->issuer->keys(),
                            kept->issuer->fetched_ms());
            }
            if (!kept->issuer->is_retired()) co_await kept->alarm.wait(pause);
        }
    }

    const std::shared_ptr<Issuer> issuer;
    const std::shared_ptr<const net::AddressRules> rules;
    net::Alarm alarm;
};

Issuers::Issuers(const base::Clock& clock, Fetch fetch)
    : clock_(clock), fetch_(std::move(fetch)), verifier_(clock) {}

Issuers::~Issuers() {
    stop();
}

void Issuers::replace(const std::vector<DeclaredIssuer>& declared,
                      const std::shared_ptr<const net::AddressRules>& rules) {
    std::vector<std::shared_ptr<Issuer>> issuers;
    const base::MutexLock lock(mutex_);
    if (!declared.empty() && !loop_) loop_ = std::make_unique<net::EventLoop>();
    std::vector<std::shared_ptr<Kept>> before = std::move(kept_);
    kept_.clear();
    for (const DeclaredIssuer& one : declared) {
        const auto known = std::ranges::find_if(before, [&](const auto& other) {
            return other->issuer->declared() == one && other->rules == rules;
        });
        if (known != before.end()) {
            kept_.push_back(*known);
            before.erase(known);
            // A file that it names may have another content now.
            loop_->post([kept = kept_.back()] { kept->alarm.ring(); });
        } else {
            auto made = std::make_shared<Kept>(std::make_shared<Issuer>(one, clock_), rules,
                                               loop_->executor());
            if (auto keys = kept_keys_.read(one))
                made->issuer->resume(std::move(keys->keys), keys->fetched_ms);
            kept_.push_back(made);
            loop_->start([made, fetch = fetch_, files = kept_keys_] {
                return Kept::keep(made, fetch, files);
            });
        }
        issuers.push_back(kept_.back()->issuer);
    }
    kept_keys_.keep_only(declared);
    // First the new ones are in force: a token that both take is refused at no moment.
    any_ = !issuers.empty();
    verifier_.replace(std::move(issuers));
    for (const auto& gone : before) {
        base::log::info(
            "an issuer of tokens is declared no more, or otherwise: its tokens are verified "
            "anew",
            {{"issuer", gone->issuer->declared().name}});
        gone->issuer->retire();
        loop_->post([gone] { gone->alarm.ring(); });
    }
}

void Issuers::stop() {
    const base::MutexLock lock(mutex_);
    if (loop_) loop_->stop();
}

net::Awaitable<Result<std::shared_ptr<const Caller>>> Issuers::authenticate(
    std::string_view token) {
    Verified verified = verifier_.verify(token);
    if (!verified.lacking.empty()) {
        co_await wait_for_keys(verified.lacking);
        verified = verifier_.verify(token);
    }
    if (!verified.caller) verifier_.count(verified.caller.error());
    co_return std::move(verified.caller);
}

net::Awaitable<void> Issuers::wait_for_keys(const std::vector<std::shared_ptr<Issuer>>& lacking) {
    struct Awaited {
        std::shared_ptr<Issuer> issuer;
        uint64_t attempts = 0;
    };
    std::vector<Awaited> awaited;
    for (const auto& issuer : lacking) {
        const uint64_t attempts = issuer->attempts();
        const Issuer::Wanted wanted = issuer->want_keys();
        if (wanted == Issuer::Wanted::kNotNow) continue;
        awaited.push_back({issuer, attempts});
        if (wanted != Issuer::Wanted::kBegin) continue;
        const base::MutexLock lock(mutex_);
        for (const auto& kept : kept_) {
            if (kept->issuer == issuer) loop_->post([kept] { kept->alarm.ring(); });
        }
    }
    const Waiting waiting(waiting_);
    if (awaited.empty() || !waiting.allowed()) co_return;
    std::function<bool()> ended = [&awaited] {
        return std::ranges::all_of(awaited, [](const Awaited& one) {
            return one.issuer->attempts() > one.attempts || one.issuer->is_retired();
        });
    };
    co_await net::wait_until(std::move(ended), kPatience);
}

std::vector<IssuerStatus> Issuers::statuses() const {
    std::vector<IssuerStatus> statuses;
    const auto issuers = verifier_.issuers();
    for (const auto& issuer : *issuers) statuses.push_back(issuer->status());
    return statuses;
}

}  // namespace snapgate::identity
