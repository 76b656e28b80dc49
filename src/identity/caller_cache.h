#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "access/request_rate.h"
#include "base/annotations.h"
#include "identity/caller.h"

namespace snapgate::identity {

// The callers whose tokens were verified, by a hash of the token: the next request with it costs
// the hash. Bounded; the token that was verified longest ago makes room. Any thread.
class CallerCache {
  public:
    static constexpr size_t kMost = 10'000;

    // `most`: tokens that are kept.
    explicit CallerCache(size_t most = kMost) : most_(most) {}

    // Null if it is not there, or good no more.
    std::shared_ptr<const Caller> find(const std::string& hash);
    void put(const std::string& hash, std::shared_ptr<const Caller> caller);
    // The requests of a caller with this id: shared by all of its tokens.
    std::shared_ptr<access::RequestRate> rate_of(const std::string& id);
    size_t size() const;

  private:
    void forget_idle_rates() SNAPGATE_REQUIRES(mutex_);

    const size_t most_;
    mutable base::Mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const Caller>> callers_
        SNAPGATE_GUARDED_BY(mutex_);
    std::deque<std::string> order_ SNAPGATE_GUARDED_BY(mutex_);  // hashes, oldest first
    std::unordered_map<std::string, std::weak_ptr<access::RequestRate>> rates_
        SNAPGATE_GUARDED_BY(mutex_);
    size_t clean_at_ SNAPGATE_GUARDED_BY(mutex_) = 1024;
};

}  // namespace snapgate::identity
