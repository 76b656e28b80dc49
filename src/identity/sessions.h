#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "identity/caller.h"

namespace snapgate::identity {

// Whose session it is.
struct SignedIn {
    std::string key_id;                              // of a token's holder: Caller::id()
    std::shared_ptr<const Caller> caller = nullptr;  // null: it began with a key
};

// The secret of a new session: <key id>.<256 random bits, base64url>.
std::string make_session_secret(std::string_view key_id);
// Far above the length of any of them.
inline constexpr size_t kLongestSessionSecret = 256;

// Sessions of browsers, each begun with a key or a token and bound to it. They are kept in memory
// alone: a restart of the server ends them all. A session ends when its key or its token does,
// since whoever looks for a session also asks whether these are still good. Servers that share a
// truth have SharedSessions. Any thread may call.
class Sessions {
  public:
    // Of one key, or of one user of an issuer. The one that was used longest ago makes room for a
    // new one.
    static constexpr size_t kMostOfKey = 64;
    // A session without a request for this time has ended.
    static constexpr int64_t kIdleMs = 12 * 3'600'000LL;

    explicit Sessions(const base::Clock& clock = base::system_clock()) : clock_(clock) {}

    // The secret of a new session. Only a hash of it is kept.
    std::string begin(SignedIn who);
    // Whose session has this secret, which counts as used now; nullopt if there is no such session,
    // or it has ended.
    std::optional<SignedIn> find(std::string_view secret);
    // Without effect if there is no such session.
    void end(std::string_view secret);

    size_t count() const;

  private:
    struct Session {
        std::string hash;  // SHA-256 of the secret
        int64_t used_ms = 0;
        std::shared_ptr<const Caller> caller;
    };
    // By the id of the key.
    using OfKeys = std::unordered_map<std::string, std::vector<Session>>;

    void drop_idle() SNAPGATE_REQUIRES(mutex_);

    const base::Clock& clock_;
    mutable base::Mutex mutex_;
    OfKeys of_keys_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::identity
