#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/result.h"
#include "connect/connection.h"

namespace snapgate::connect {

// Where the key comes from that connections are sealed with: base::kSealingKeyBytes of it.
struct CredentialKey {
    std::function<base::Result<std::string>()> read;          // for what was sealed before
    std::function<base::Result<std::string>()> read_or_make;  // for what is to be sealed
};

// Keeps connections unreadable on disk: they are stored sealed with a key that is not in the data
// directory. The key is asked for when it is first needed: a server without connected clusters has
// none. Any thread.
class CredentialSealer {
  public:
    explicit CredentialSealer(CredentialKey key);
    explicit CredentialSealer(std::string key);
    CredentialSealer(const CredentialSealer&) = delete;
    CredentialSealer& operator=(const CredentialSealer&) = delete;

    // For the cluster `uid` alone: a sealed connection does not open for another one.
    base::Result<std::string> seal(std::string_view uid, const Connection& connection) const;
    // kUnauthorized if it cannot be read with this key or there is none, with what to do.
    base::Result<Connection> open(std::string_view uid, std::string_view sealed) const;

  private:
    base::Result<std::string> key(bool make) const;

    const CredentialKey source_;
    mutable base::Mutex mutex_;
    mutable std::string key_ SNAPGATE_GUARDED_BY(mutex_);  // "" until it was needed
};

// The connection of a cluster whose credentials the registry keeps: opened once, when this is made,
// or, where that failed, when it is asked for: a key may be put in its place while the server runs.
// The sealer outlives it. Any thread.
class StoredConnectionSource : public ConnectionSource {
  public:
    StoredConnectionSource(const CredentialSealer& sealer, std::string_view uid,
                           std::string_view sealed);
    // One that was opened already.
    explicit StoredConnectionSource(Connection connection);

    net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() override;
    bool refused() override { return false; }

  private:
    // What is read anew while it cannot be read; none of one that was opened already.
    const CredentialSealer* sealer_ = nullptr;
    const std::string uid_;
    const std::string sealed_;
    base::Mutex mutex_;
    base::Result<std::shared_ptr<const Connection>> connection_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::connect
