#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/connection.h"

namespace snapgate::cluster {

// Keeps connections unreadable on disk: they are stored sealed with a key that is not in the data
// directory. Any thread; immutable.
class CredentialSealer {
  public:
    // `key` has base::kSealingKeyBytes.
    explicit CredentialSealer(std::string key);
    // There is no key: everything fails with `why`.
    explicit CredentialSealer(base::Error why);

    // For the cluster `uid` alone: a sealed connection does not open for another one.
    base::Result<std::string> seal(std::string_view uid, const Connection& connection) const;
    // kUnauthorized if it cannot be read with this key, with what to do.
    base::Result<Connection> open(std::string_view uid, std::string_view sealed) const;

  private:
    base::Result<std::string> key_;
};

// The connection of a cluster whose credentials the registry keeps: opened once, when this is made.
class StoredConnectionSource : public ConnectionSource {
  public:
    StoredConnectionSource(const CredentialSealer& sealer, std::string_view uid,
                           std::string_view sealed);
    // One that was opened already.
    explicit StoredConnectionSource(Connection connection);

    net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() override;
    bool refused() override { return false; }

  private:
    base::Result<std::shared_ptr<const Connection>> connection_;
};

}  // namespace snapgate::cluster
