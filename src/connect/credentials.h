#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/result.h"
#include "connect/connection_source.h"

namespace snapgate::connect {

// The source of the key that seals connections. The key has base::kSealingKeyBytes bytes.
struct CredentialKey {
    std::function<base::Result<std::string>()> read;          // to open sealed connections
    std::function<base::Result<std::string>()> read_or_make;  // to seal a connection
};

// Keeps connections unreadable on disk: they are stored sealed with a key that is not in the data
// directory. The key is read when it is first needed: a server without connected clusters has none.
// Any thread.
class CredentialSealer {
  public:
    explicit CredentialSealer(CredentialKey key);
    explicit CredentialSealer(std::string key);
    CredentialSealer(const CredentialSealer&) = delete;
    CredentialSealer& operator=(const CredentialSealer&) = delete;

    // Seals for the cluster `uid` only: the result does not open for another cluster.
    base::Result<std::string> seal(std::string_view uid, const Connection& connection) const;
    // kUnauthorized, with advice, if this key does not open it, or if there is no key.
    base::Result<Connection> open(std::string_view uid, std::string_view sealed) const;

  private:
    base::Result<std::string> key(bool make) const;

    const CredentialKey source_;
    mutable base::Mutex mutex_;
    mutable std::string key_ SNAPGATE_GUARDED_BY(mutex_);  // "" until it is needed
};

// The connection of a cluster whose credentials are in the registry. It is opened once, when this
// is made. If that fails, each call tries again, as the key may be put in its place while the
// server runs. The sealer outlives it. Any thread.
class StoredConnectionSource : public ConnectionSource {
  public:
    StoredConnectionSource(const CredentialSealer& sealer, std::string_view uid,
                           std::string_view sealed, std::shared_ptr<const net::AddressRules> rules);
    // For tests: a connection that is open already, to whatever address.
    explicit StoredConnectionSource(Connection connection);

    net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() override;
    bool refused() override { return false; }

  private:
    // Opens the connection again while that fails; null if the connection was open already.
    const CredentialSealer* sealer_ = nullptr;
    const std::string uid_;
    const std::string sealed_;
    base::Mutex mutex_;
    base::Result<std::shared_ptr<const Connection>> connection_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::connect
