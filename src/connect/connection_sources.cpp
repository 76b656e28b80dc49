#include "connect/connection_sources.h"

#include <fmt/format.h>

#include <utility>

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

// The source of a cluster that the configuration file declares no more.
class UndeclaredSource : public ConnectionSource {
  public:
    UndeclaredSource() : ConnectionSource(nullptr) {}
    net::Awaitable<Result<std::shared_ptr<const Connection>>> current() override {
        co_return Error(Code::kUnauthorized,
                        "the server's configuration file does not declare this cluster any more, "
                        "or has a fault where it does: declare it again, or delete it",
                        "NotDeclared");
    }
    bool refused() override { return false; }
};

}  // namespace

ConnectionSources::ConnectionSources(const CredentialSealer& sealer, ConnectRules rules,
                                     DeclaredSources declared)
    : sealer_(sealer), rules_(std::move(rules)), declared_(std::move(declared)) {}

ConnectRules ConnectionSources::rules() const {
    const base::MutexLock lock(mutex_);
    return rules_;
}

void ConnectionSources::replace(ConnectRules rules, DeclaredSources declared) {
    const base::MutexLock lock(mutex_);
    rules_ = std::move(rules);
    declared_.swap(declared);
}

Result<void> ConnectionSources::require_deletable(const cluster::Cluster& cluster) const {
    const base::MutexLock lock(mutex_);
    if (!declared_.contains(cluster.uid)) return {};
    return Error(
        Code::kConflict,
        fmt::format("cluster \"{}\" is declared in the server's configuration file: take "
                    "it out there, have the server read the file (SIGHUP), and then delete "
                    "it",
                    cluster.name));
}

void ConnectionSources::stop() const {
    const base::MutexLock lock(mutex_);
    for (const auto& [uid, source] : declared_) source->stop();
}

std::shared_ptr<ConnectionSource> ConnectionSources::of(const cluster::Cluster& cluster) const {
    const base::MutexLock lock(mutex_);
    if (cluster.source != cluster::kConfigSource) {
        return std::make_shared<StoredConnectionSource>(sealer_, cluster.uid, cluster.sealed,
                                                        rules_.of(cluster.connected_by));
    }
    auto declared = declared_.find(cluster.uid);
    if (declared != declared_.end()) return declared->second;
    return std::make_shared<UndeclaredSource>();
}

}  // namespace snapgate::connect
