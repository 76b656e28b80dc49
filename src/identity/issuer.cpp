#include "identity/issuer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/log.h"
#include "base/random_time.h"
#include "identity/refusals.h"

namespace snapgate::identity {

using base::Error;
using base::Millis;
using base::Result;

namespace {

// At an unknown key the keys are fetched again, but not more often than this: whoever invents keys
// makes this server ask no faster.
constexpr Millis kLeastPause = std::chrono::seconds(10);
constexpr Millis kFirstRetry = std::chrono::seconds(2);
constexpr Millis kLastRetry = std::chrono::minutes(1);
constexpr unsigned kRetryAfterSeconds = 10;
constexpr Millis kClocksDiffer = std::chrono::minutes(1);

}  // namespace

Issuer::Issuer(DeclaredIssuer declared, const base::Clock& clock)
    : declared_(std::move(declared)),
      clock_(clock),
      usable_until_ms_(std::numeric_limits<int64_t>::min()),
      backoff_(std::min(declared_.refresh, kFirstRetry), std::min(declared_.refresh, kLastRetry),
               std::chrono::hours(24)) {}

std::shared_ptr<const KeySet> Issuer::keys() const {
    const base::MutexLock lock(mutex_);
    return keys_;
}

int64_t Issuer::fetched_ms() const {
    const base::MutexLock lock(mutex_);
    return fetched_ms_;
}

void Issuer::resume(KeySet kept, int64_t fetched_ms) {
    const base::MutexLock lock(mutex_);
    // Of a time that is still to come, one of two clocks was wrong: nobody knows how old they are.
    const int64_t age_ms = clock_.now_ms() - fetched_ms;
    if (age_ms < -kClocksDiffer.count() || age_ms >= declared_.keys_max_age.count()) return;
    base::log::info("goes on with the kept keys of an issuer of tokens",
                    {{"issuer", declared_.name},
                     {"keys", kept.keys.size()},
                     {"fetchedAt", base::format_rfc3339(fetched_ms)}});
    keys_ = std::make_shared<const KeySet>(std::move(kept));
    fetched_ms_ = fetched_ms;
    usable_until_ms_ =
        clock_.steady_ms() + declared_.keys_max_age.count() - std::max<int64_t>(age_ms, 0);
}

bool Issuer::has_usable_keys() const {
    return clock_.steady_ms() < usable_until_ms_.load(std::memory_order_relaxed);
}

Error Issuer::unavailable() const {
    // Why not stands in the log: it names addresses and files.
    const bool known = !keys()->keys.empty();
    Error error = refuse(
        Refusal::kUnavailable,
        known ? fmt::format("the keys of the issuer {} cannot be fetched now, and those that are "
                            "known do not verify it: try again later",
                            declared_.name)
              : fmt::format("the keys of the issuer {} could not be fetched yet: try again later",
                            declared_.name));
    error.retry_after_seconds = kRetryAfterSeconds;
    return error;
}

bool Issuer::is_away() const {
    const base::MutexLock lock(mutex_);
    return !failure_.empty();
}

Issuer::Wanted Issuer::want_keys() {
    const base::MutexLock lock(mutex_);
    if (under_way_) return Wanted::kUnderWay;
    const int64_t now_ms = clock_.steady_ms();
    const Millis pause = std::min(declared_.refresh, kLeastPause);
    if (wanted_ms_ && now_ms - *wanted_ms_ < pause.count()) return Wanted::kNotNow;
    under_way_ = true;
    wanted_ms_ = now_ms;
    return Wanted::kBegin;
}

void Issuer::begin_fetch() {
    const base::MutexLock lock(mutex_);
    under_way_ = true;
}

Millis Issuer::end_fetch(Result<KeySet> fetched) {
    const base::MutexLock lock(mutex_);
    // Servers that began together do not ask together.
    Millis pause = base::spread(declared_.refresh);
    if (fetched) {
        take(std::move(*fetched));
        backoff_.reset();
    } else {
        tell_failure(fetched.error());
        pause = backoff_.next(base::Backoff::Clock::now());
    }
    under_way_ = false;
    ++attempts_;
    return pause;
}

void Issuer::take(KeySet fetched) {
    size_t added = 0;
    for (auto& key : fetched.keys) {
        const auto known = std::ranges::find_if(
            keys_->keys, [&](const auto& other) { return other->fingerprint == key->fingerprint; });
        if (known == keys_->keys.end()) {
            ++added;
        } else {
            // What was verified with it goes on.
            key = *known;
        }
    }
    size_t withdrawn = 0;
    for (const auto& key : keys_->keys) {
        if (std::ranges::find(fetched.keys, key) != fetched.keys.end()) continue;
        key->withdrawn = true;
        ++withdrawn;
    }
    if (added + withdrawn > 0) {
        base::log::info("took in the keys of an issuer of tokens",
                        {{"issuer", declared_.name},
                         {"keys", fetched.keys.size()},
                         {"added", added},
                         {"withdrawn", withdrawn},
                         {"passedOver", fetched.passed_over}});
    }
    if (!failure_.empty()) {
        base::log::info("the keys of an issuer of tokens can be fetched again",
                        {{"issuer", declared_.name}});
    }
    keys_ = std::make_shared<const KeySet>(std::move(fetched));
    fetched_ms_ = clock_.now_ms();
    usable_until_ms_ = clock_.steady_ms() + declared_.keys_max_age.count();
    failure_.clear();
    told_too_old_ = false;
}

void Issuer::tell_failure(const Error& error) {
    ++failures_;
    if (failure_ != error.message) {
        base::log::warning("cannot fetch the keys of an issuer of tokens",
                           {{"issuer", declared_.name},
                            {"error", error.message},
                            {"keys", keys_->keys.size()},
                            {"keysMaxAge", base::format_duration(declared_.keys_max_age)}});
        failure_ = error.message;
    }
    if (told_too_old_ || keys_->keys.empty() || has_usable_keys()) return;
    told_too_old_ = true;
    base::log::error("the keys of an issuer of tokens are too old: its tokens are refused",
                     {{"issuer", declared_.name},
                      {"fetchedAt", base::format_rfc3339(fetched_ms_)},
                      {"error", error.message}});
}

IssuerStatus Issuer::status() const {
    const base::MutexLock lock(mutex_);
    return {declared_.name, has_usable_keys(), keys_->keys.size(),
            fetched_ms_,    failures_,         verified_};
}

}  // namespace snapgate::identity
