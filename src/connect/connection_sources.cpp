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
                        "the server's configuration file does not declare this cluster any more: "
                        "declare it again, or delete it");
    }
    bool refused() override { return false; }
};

}  // namespace

ConnectionSources::ConnectionSources(const CredentialSealer& sealer, ConnectRules rules,
                                     DeclaredSources declared)
    : sealer_(sealer), rules_(std::move(rules)), declared_(std::move(declared)) {}

Result<void> ConnectionSources::require_deletable(const cluster::Cluster& cluster) const {
    if (!declared_.contains(cluster.uid)) return {};
    return Error(Code::kConflict,
                 fmt::format("cluster \"{}\" is declared in the server's configuration file: take "
                             "it out there and start the server again, and then delete it",
                             cluster.name));
}

void ConnectionSources::stop() const {
    for (const auto& [uid, source] : declared_) source->stop();
}

std::shared_ptr<ConnectionSource> ConnectionSources::of(const cluster::Cluster& cluster) const {
    if (cluster.source != cluster::kConfigSource) {
        return std::make_shared<StoredConnectionSource>(sealer_, cluster.uid, cluster.sealed,
                                                        rules_.of(cluster.connected_by));
    }
    auto declared = declared_.find(cluster.uid);
    if (declared != declared_.end()) return declared->second;
    return std::make_shared<UndeclaredSource>();
}

}  // namespace snapgate::connect
