#include "connect/credentials.h"

#include <fmt/format.h>

#include <utility>

#include "base/sealing.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

Result<std::shared_ptr<const Connection>> shared(Result<Connection> connection) {
    if (!connection) return connection.error();
    return std::make_shared<const Connection>(std::move(*connection));
}

}  // namespace

CredentialSealer::CredentialSealer(CredentialKey key) : source_(std::move(key)) {}

CredentialSealer::CredentialSealer(std::string key) : key_(std::move(key)) {}

Result<std::string> CredentialSealer::key(bool make) const {
    base::MutexLock lock(mutex_);
    if (key_.empty()) {
        SNAPGATE_ASSIGN(key_, make ? source_.read_or_make() : source_.read());
    }
    return key_;
}

Result<std::string> CredentialSealer::seal(std::string_view uid,
                                           const Connection& connection) const {
    SNAPGATE_ASSIGN(std::string key, this->key(true));
    return base::seal(key, uid, to_text(connection));
}

Result<Connection> CredentialSealer::open(std::string_view uid, std::string_view sealed) const {
    auto key = this->key(false);
    if (!key) {
        return Error(Code::kUnauthorized,
                     fmt::format("the stored credentials of this cluster cannot be read: {}",
                                 key.error().message));
    }
    auto text = base::open_sealed(*key, uid, sealed);
    if (!text) {
        return Error(Code::kUnauthorized,
                     "the stored credentials of this cluster cannot be read with this server's "
                     "credentials key: start the server with the key that they were stored with, "
                     "or give them anew with `snapgate set kubeconfig`");
    }
    return parse_connection(*text);
}

StoredConnectionSource::StoredConnectionSource(const CredentialSealer& sealer, std::string_view uid,
                                               std::string_view sealed,
                                               std::shared_ptr<const net::AddressRules> rules)
    : ConnectionSource(std::move(rules)),
      sealer_(&sealer),
      uid_(uid),
      sealed_(sealed),
      connection_(shared(sealer.open(uid, sealed))) {}

StoredConnectionSource::StoredConnectionSource(Connection connection)
    : ConnectionSource(nullptr), connection_(shared(std::move(connection))) {}

net::Awaitable<Result<std::shared_ptr<const Connection>>> StoredConnectionSource::current() {
    base::MutexLock lock(mutex_);
    if (!connection_ && sealer_ != nullptr) connection_ = shared(sealer_->open(uid_, sealed_));
    co_return connection_;
}

}  // namespace snapgate::connect
