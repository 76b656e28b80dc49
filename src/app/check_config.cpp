#include "app/check_config.h"

#include <fmt/format.h>

#include <utility>

#include "app/credentials_key.h"
#include "app/declared_connection.h"
#include "app/declared_plan.h"
#include "app/last_declared.h"
#include "app/stopped_directory.h"
#include "base/read_file.h"
#include "cluster/imports.h"
#include "identity/key_set.h"
#include "json/path.h"
#include "net/tls/pem.h"
#include "net/tls/tls.h"

namespace snapgate::app {
namespace {

using base::Error;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view kNewDefault = "(new)";

KnownRegistry new_registry() {
    KnownRegistry registry;
    const std::string uid(kNewDefault);
    registry.projects.put(uid, {uid, std::string(access::kDefaultProject)});
    return registry;
}

void check_files(const Settings& settings, ConfigReport& report) {
    if (!settings.tls_cert.empty()) {
        const auto loaded = net::TlsContexts::load(settings.tls_cert, settings.tls_key);
        if (!loaded) report.faults.push_back(loaded.error().message);
    }
    if (auto key = open_credentials_key(settings); !key) {
        report.faults.push_back(key.error().message);
    } else if (auto place = check_place_of_credentials_key(settings); !place) {
        report.faults.push_back(place.error().message);
    }
}

void check_kubeconfigs(const Settings& settings, ConfigReport& report) {
    const connect::Declarations& declared = settings.declared;
    for (const connect::DeclaredCluster& cluster : declared.clusters) {
        if (cluster.hosted || cluster.in_cluster) continue;
        DeclaredConnection connection(cluster, settings.credential_programs);
        if (const auto server = connection.read(); !server) {
            report.faults.push_back(declared.text(
                {fmt::format("{}.kubeconfig", cluster.place),
                 fmt::format("{}: the cluster \"{}\" would be Unauthorized until it can be read",
                             server.error().message, cluster.name)}));
        }
    }
}

// What an issuer's keys are read from or fetched with.
void check_issuers(const Settings& settings, ConfigReport& report) {
    size_t index = 0;
    for (const identity::DeclaredIssuer& issuer : settings.issuers) {
        const std::string place = fmt::format("{}: issuers[{}]", settings.config.string(), index++);
        const auto fault = [&](std::string_view member, const fs::path& file, const Error& error) {
            report.faults.push_back(
                fmt::format("{}.{}: {}: {}", place, member, file.string(), error.message));
        };
        if (!issuer.jwks_file.empty()) {
            auto keys = base::read_file(issuer.jwks_file, identity::kMostKeySetBytes);
            if (!keys) {
                fault("jwks-file", issuer.jwks_file, keys.error());
            } else if (const auto set = identity::read_key_set(*keys); !set) {
                fault("jwks-file", issuer.jwks_file, set.error());
            }
        }
        for (const auto& [member, file] :
             {std::pair("ca-file", issuer.ca_file), std::pair("token-file", issuer.token_file)}) {
            if (file.empty()) continue;
            if (const auto text = base::read_file(file, net::kMostPemBytes); !text)
                fault(member, file, text.error());
        }
    }
}

// The address in the kubeconfig; "" if it cannot be read, which is a fault of its own.
std::string server_of(const Settings& settings, const connect::DeclaredCluster& cluster) {
    if (cluster.hosted || cluster.in_cluster) return {};
    DeclaredConnection connection(cluster, settings.credential_programs);
    return connection.read().value_or("");
}

void tell_change(const Settings& settings, const DeclaredPlan::Cluster& planned,
                 const cluster::Cluster& known, const LastDeclared& last, ConfigReport& report) {
    const connect::DeclaredCluster& declared = *planned.declared;
    if (planned.expected_before) {
        report.changes.push_back(
            fmt::format("cluster/{} would expect imports every {} (until now: {})", declared.name,
                        expectation_text(*declared.expected_every),
                        expectation_text(*planned.expected_before)));
    }
    const std::string server = server_of(settings, declared);
    const auto before = last.connections.find(planned.uid);
    if ((before != last.connections.end() && before->second != connection_text(declared)) ||
        (!server.empty() && server != known.server)) {
        report.changes.push_back(
            fmt::format("cluster/{} would be followed by another connection", declared.name));
    }
}

void tell_changes(const Settings& settings, const DeclaredPlan& plan, const KnownRegistry& registry,
                  const LastDeclared& last, ConfigReport& report) {
    for (const DeclaredPlan::Project& project : plan.projects) {
        const std::string& name = project.declared->name;
        if (project.uid.empty()) {
            report.changes.push_back(fmt::format("project/{} would be made", name));
        } else if (project.sets_quota) {
            report.changes.push_back(fmt::format("project/{} would get another quota", name));
        }
    }
    for (const DeclaredPlan::Cluster& cluster : plan.clusters) {
        if (cluster.uid.empty()) {
            report.changes.push_back(
                fmt::format("cluster/{} would be made", cluster.declared->name));
        } else {
            tell_change(settings, cluster, registry.clusters.at(cluster.uid), last, report);
        }
    }
    for (const std::string& uid : plan.undeclared) {
        report.changes.push_back(
            fmt::format("cluster/{} (uid {}) is declared no more: it would not be followed; what "
                        "is stored of it stays until it is deleted",
                        registry.clusters.at(uid).name, uid));
    }
    for (const std::string& uid : plan.undeclared_hosted) {
        report.changes.push_back(
            fmt::format("cluster/{} (uid {}) is declared no more: it stays until it is deleted",
                        registry.clusters.at(uid).name, uid));
    }
    for (const std::string& uid : plan.undeclared_projects) {
        report.changes.push_back(
            fmt::format("project/{} (uid {}) is declared no more: it stays until it is deleted",
                        registry.projects.at(uid).name, uid));
    }
}

}  // namespace

Result<KnownRegistry> read_registry(const std::vector<json::Object>& projects,
                                    const std::vector<json::Object>& clusters) {
    KnownRegistry registry;
    for (const json::Object& item : projects) {
        access::Project project{std::string(json::text_at(item, {"uid"})),
                                std::string(json::text_at(item, {"name"}))};
        if (const json::Value* quota = item.if_contains("quota"); quota && quota->is_object()) {
            SNAPGATE_ASSIGN(project.quota, access::parse_quota(quota->get_object()));
        }
        registry.projects.put(project.uid, project);
    }
    for (const json::Object& item : clusters) {
        cluster::Cluster known;
        known.uid = json::text_at(item, {"uid"});
        known.name = json::text_at(item, {"name"});
        known.project = json::text_at(item, {"projectUid"});
        known.source = json::text_at(item, {"source"});
        known.server = json::text_at(item, {"server"});
        if (const std::string_view every = json::text_at(item, {"expectedEvery"}); !every.empty()) {
            SNAPGATE_ASSIGN(known.imports.expected_every,
                            cluster::expected_every_of(every, "expectedEvery"));
        }
        if (json::text_at(item, {"type"}) != cluster::to_text(cluster::ClusterType::kHosted))
            known.type = cluster::ClusterType::kConnected;
        registry.clusters.put(known.uid, known);
    }
    return registry;
}

Result<KnownRegistry> registry_of_stopped(const fs::path& data_dir) {
    std::error_code failed;
    if (!fs::exists(data_dir / "store" / "data.mdb", failed)) return new_registry();
    SNAPGATE_ASSIGN(const auto data, open_stopped(data_dir, Migration::kRefused));
    return KnownRegistry{*data->projects.snapshot(), *data->clusters.snapshot()};
}

ConfigReport check_config(const Settings& settings, const KnownRegistry* registry) {
    ConfigReport report;
    report.projects = settings.declared.projects.size();
    report.clusters = settings.declared.clusters.size();
    std::vector<connect::DeclarationFault> faults = settings.declared.faults;
    if (registry != nullptr) {
        const LastDeclared last = read_last_declared(settings.data_dir);
        DeclaredPlan plan =
            plan_declared(settings.declared, registry->projects, registry->clusters, last);
        tell_changes(settings, plan, *registry, last, report);
        faults = std::move(plan.faults);
    }
    for (const connect::DeclarationFault& fault : faults)
        report.faults.push_back(settings.declared.text(fault));
    check_kubeconfigs(settings, report);
    check_issuers(settings, report);
    check_files(settings, report);
    return report;
}

}  // namespace snapgate::app
