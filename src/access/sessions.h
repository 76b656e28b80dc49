#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"

namespace snapgate::access {

// Sessions of browsers, each begun with a key and bound to it. They are kept in memory alone: a
// restart of the server ends them all. A session ends when its key does, since whoever asks for the
// key of a session also asks the KeyRing whether that key is still good. Any thread may call.
class Sessions {
  public:
    // Of one key. The one that was used longest ago makes room for a new one.
    static constexpr size_t kMostOfKey = 64;
    // A session without a request for this time has ended.
    static constexpr int64_t kIdleMs = 12 * 3'600'000LL;

    explicit Sessions(const base::Clock& clock = base::system_clock()) : clock_(clock) {}

    // The secret of a new session of the key with this id: <key id>.<256 random bits, base64url>.
    // Only a hash of it is kept.
    std::string begin(const std::string& key_id);
    // The id of the key of the session with this secret, which counts as used now; nullopt if there
    // is no such session, or it has ended.
    std::optional<std::string> key_of(std::string_view secret);
    // Without effect if there is no such session.
    void end(std::string_view secret);

    size_t count() const;

  private:
    struct Session {
        std::string hash;  // SHA-256 of the secret
        int64_t used_ms = 0;
    };
    // By the id of the key.
    using OfKeys = std::unordered_map<std::string, std::vector<Session>>;

    void drop_idle() SNAPGATE_REQUIRES(mutex_);

    const base::Clock& clock_;
    mutable base::Mutex mutex_;
    OfKeys of_keys_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::access
