#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/annotations.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/result.h"
#include "identity/declared_issuer.h"
#include "identity/key_set.h"

namespace snapgate::identity {

// The state of an issuer's keys.
struct IssuerStatus {
    std::string name;
    bool usable = false;  // its tokens can be verified
    size_t keys = 0;
    int64_t fetched_ms = 0;  // when the keys were last fetched, since the epoch; 0: never
    uint64_t failures = 0;   // fetches that failed, since the start
    uint64_t verified = 0;   // tokens, since the start, without those that were known already
};

// An issuer of tokens and its keys, as they were fetched last. Knows when they are to be fetched
// again, and leaves the fetching to its user (issuers.h). Any thread.
class Issuer {
  public:
    // `clock` outlives it.
    Issuer(DeclaredIssuer declared, const base::Clock& clock);

    const DeclaredIssuer& declared() const { return declared_; }

    // The keys of the last successful fetch; before it, those that resume() was given.
    std::shared_ptr<const KeySet> keys() const;
    // When the keys were fetched, in milliseconds since the epoch; 0: never.
    int64_t fetched_ms() const;
    // Whether they may be used: they were fetched within DeclaredIssuer::keys_max_age.
    bool has_usable_keys() const;
    // The error for a token that cannot be verified, as the keys are not known or too old.
    base::Error unavailable() const;
    // Whether the last fetch failed.
    bool is_away() const;

    // Goes on with keys that were fetched before the start of the process, at `fetched_ms` since
    // the epoch, unless they are too old. Before the first fetch.
    void resume(KeySet kept, int64_t fetched_ms);

    // It is declared no more, or otherwise: what was verified by it is good no more.
    void retire() { retired_ = true; }
    bool is_retired() const { return retired_; }

    // A token came with a key that is not known.
    enum class Wanted {
        kNotNow,    // one began for such a token a short time ago
        kUnderWay,  // a fetch that began before may bring it
        kBegin,     // the caller has one begin now
    };
    Wanted want_keys();
    // How many fetches have ended.
    uint64_t attempts() const { return attempts_; }

    // A fetch begins.
    void begin_fetch();
    // It ended so. Keys that are published no more are withdrawn. Logs what changed. Returns how
    // long to wait before the next one.
    base::Millis end_fetch(base::Result<KeySet> fetched);

    void count_verified() { ++verified_; }
    IssuerStatus status() const;

  private:
    void take(KeySet fetched) SNAPGATE_REQUIRES(mutex_);
    void tell_failure(const base::Error& error) SNAPGATE_REQUIRES(mutex_);

    const DeclaredIssuer declared_;
    const base::Clock& clock_;
    std::atomic<bool> retired_ = false;
    std::atomic<uint64_t> attempts_ = 0;
    std::atomic<uint64_t> verified_ = 0;
    // By the monotonic clock: until when the keys may be used.
    std::atomic<int64_t> usable_until_ms_;
    mutable base::Mutex mutex_;
    std::shared_ptr<const KeySet> keys_ SNAPGATE_GUARDED_BY(mutex_) =
        std::make_shared<const KeySet>();
    int64_t fetched_ms_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    // By the monotonic clock: when a fetch was last begun for a token.
    std::optional<int64_t> wanted_ms_ SNAPGATE_GUARDED_BY(mutex_);
    bool under_way_ SNAPGATE_GUARDED_BY(mutex_) = true;  // the first one is about to begin
    std::string failure_ SNAPGATE_GUARDED_BY(mutex_);    // of the last fetch; "": it succeeded
    bool told_too_old_ SNAPGATE_GUARDED_BY(mutex_) = false;
    uint64_t failures_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    base::Backoff backoff_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::identity
