#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/annotations.h"
#include "base/result.h"
#include "net/server/byte_budget.h"

namespace snapgate::api {

// What each key may have under way at a time.
struct KeyLimits {
    uint64_t bytes = 256ULL << 20;  // of bodies and answers
    uint32_t requests = 1000;       // without watches and streams of events, which rest mostly
    // What each change is compared with for these: the terms of their selectors, of all together.
    size_t terms = 4000;
};

// What the keys have under way. Any thread may call.
class KeyShares {
  public:
    explicit KeyShares(const KeyLimits& limits);

    // The place of one request among those of its key. Kept until its answer is sent.
    class Turn {
      public:
        Turn(std::shared_ptr<KeyShares> shares, std::string key_id, net::ByteBudget& bytes)
            : shares_(std::move(shares)), key_id_(std::move(key_id)), bytes_(bytes) {}
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        net::ByteBudget& bytes() { return bytes_; }
        // It will rest mostly, and compare each change with so many terms: another request may
        // begin in its place. kTooManyRequests if those of the key would compare with more terms
        // than they may. To be called once at most.
        base::Result<void> rest(size_t terms);

      private:
        std::shared_ptr<KeyShares> shares_;
        std::string key_id_;
        net::ByteBudget& bytes_;
        bool resting_ = false;
        size_t terms_ = 0;
    };

    // kTooManyRequests if the key has as many requests under way as it may. `shares`: the object
    // itself.
    static base::Result<std::shared_ptr<Turn>> enter(const std::shared_ptr<KeyShares>& shares,
                                                     const std::string& key_id);

    // How many requests were refused for it.
    uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  private:
    struct Share {
        explicit Share(uint64_t most) : bytes(most) {}

        net::ByteBudget bytes;
        uint32_t requests = 0;
        uint32_t turns = 0;  // with those that rest
        size_t terms = 0;    // of those that rest
    };

    const KeyLimits limits_;
    std::atomic<uint64_t> refused_{0};
    base::Mutex mutex_;
    std::unordered_map<std::string, Share> shares_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::api
