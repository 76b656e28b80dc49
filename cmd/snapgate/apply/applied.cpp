#include "apply/applied.h"

#include <fmt/format.h>

#include <utility>

#include "base/duration.h"
#include "json/path.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"

namespace snapgate::cli {
namespace {

using connect::DeclaredCluster;
using connect::DeclaredProject;

// The cluster that is meant, null if it is not there yet. Names are unique within a project: with a
// `project` only its clusters have the name, and without one a name must not be in several.
Outcome<const Named*> find_cluster(Api& api, const Registry& registry,
                                   const DeclaredCluster& declared, const std::string& project) {
    std::vector<Named> candidates;
    const Named* found = nullptr;
    for (const Named& cluster : registry.clusters) {
        if (declared.uid.empty()) {
            if (cluster.name != declared.name) continue;
            if (!project.empty() && cluster.project != project) continue;
        } else if (cluster.uid != declared.uid) {
            continue;
        }
        found = &cluster;
        candidates.push_back(cluster);
    }
    // Says which they are.
    if (candidates.size() > 1) SNAPGATE_TRY(choose(api, Kind::kCluster, declared.name, candidates));
    return found;
}

Failure refused(std::string message) {
    return {Exit::kRefused, std::move(message)};
}

// {} if the cluster that is there can be the declared one.
Outcome<> check_same(const Named& known, const DeclaredCluster& declared,
                     const std::string& project) {
    if (known.name != declared.name)
        return refused(
            fmt::format("the cluster with uid {} is named {}, and a cluster cannot be renamed",
                        known.uid, known.name));
    if (!project.empty() && known.project != project)
        return refused("it belongs to another project, and a cluster cannot be moved");
    if (declared.hosted != (known.type == "hosted"))
        return refused(fmt::format("it is {}, and a cluster stays what it is", known.type));
    return {};
}

const json::Object* item_of(const Registry& registry, const DeclaredProject& declared) {
    for (const json::Object& item : registry.project_items) {
        const auto wanted = declared.uid.empty() ? declared.name : declared.uid;
        if (json::text_at(item, {declared.uid.empty() ? "name" : "uid"}) == wanted) return &item;
    }
    return nullptr;
}

access::Quota quota_of(const json::Object& item) {
    const json::Value* quota = item.if_contains("quota");
    if (quota == nullptr || !quota->is_object()) return {};
    return access::parse_quota(quota->get_object()).value_or(access::Quota());
}

Outcome<> put_quota(Api& api, const std::string& uid, const DeclaredProject& declared,
                    const ApplyTerms& terms) {
    if (terms.dry_run) return {};
    SNAPGATE_TRY(
        api.put(path_of(Kind::kProject, uid) + "/quota", access::to_json(*declared.quota)));
    return {};
}

// Has a hosted cluster expect imports as it is declared; "": as it does.
Outcome<Applied> apply_imports(Api& api, const std::string& uid, const std::string& every,
                               const ApplyTerms& terms) {
    if (every.empty()) return Applied{"unchanged"};
    const std::string path = path_of(Kind::kCluster, uid);
    SNAPGATE_ASSIGN(const auto response, api.get(path));
    SNAPGATE_ASSIGN(const auto cluster, parse_answer(response, api.server()));
    // The file may say 36h for what the server calls 1d12h.
    const auto declared = base::parse_duration(every);
    const auto present = base::parse_duration(json::text_at(cluster, {"expectedEvery"}));
    if (declared && present && *declared == *present) return Applied{"unchanged"};
    if (terms.dry_run) return Applied{"configured"};
    SNAPGATE_ASSIGN(const auto set,
                    api.put(path + "/imports", json::Object{{"expectedEvery", every}}));
    SNAPGATE_TRY(parse_answer(set, api.server()));
    return Applied{"configured"};
}

}  // namespace

Outcome<Registry> read_registry(Api& api) {
    Registry registry;
    SNAPGATE_ASSIGN(auto clusters, list_objects(api, Kind::kCluster));
    registry.clusters = named_items(Kind::kCluster, clusters);
    SNAPGATE_ASSIGN(registry.project_items, list_objects(api, Kind::kProject));
    registry.projects = named_items(Kind::kProject, registry.project_items);
    return registry;
}

Outcome<Applied> apply_project(Api& api, Registry& registry, const DeclaredProject& declared,
                               const ApplyTerms& terms) {
    if (const json::Object* known = item_of(registry, declared)) {
        if (json::text_at(*known, {"name"}) != declared.name)
            return refused(
                fmt::format("the project with uid {} is named {}, and a project cannot "
                            "be renamed",
                            declared.uid, json::text_at(*known, {"name"})));
        if (!declared.quota || quota_of(*known) == *declared.quota) return Applied{"unchanged"};
        SNAPGATE_TRY(put_quota(api, std::string(json::text_at(*known, {"uid"})), declared, terms));
        return Applied{"configured"};
    }
    Named made{kProjectToBe, declared.name, {}};
    if (!terms.dry_run) {
        json::Object body{{"name", declared.name}};
        if (!declared.uid.empty()) body["uid"] = declared.uid;
        if (!terms.set.empty()) body["applySet"] = terms.set;
        SNAPGATE_ASSIGN(auto response, api.post(std::string(words_of(Kind::kProject).path), body));
        SNAPGATE_ASSIGN(const auto answer, parse_answer(response, api.server()));
        made.uid = json::text_at(answer, {"uid"});
    }
    registry.projects.push_back(made);
    if (declared.quota) SNAPGATE_TRY(put_quota(api, made.uid, declared, terms));
    return Applied{"created"};
}

Outcome<Applied> apply_cluster(Api& api, const Registry& registry, const DeclaredCluster& declared,
                               const ApplyTerms& terms) {
    std::string project = api.project_uid();
    if (!declared.project.empty()) {
        SNAPGATE_ASSIGN(Named named, choose(Kind::kProject, declared.project, registry.projects));
        project = named.uid;
    }
    NewCluster made{declared.name, declared.uid, project, {}, terms.set};
    made.dry_run = terms.dry_run;
    if (declared.expected_every)
        made.expected_every = base::format_duration(*declared.expected_every);
    if (!declared.hosted) {
        SNAPGATE_ASSIGN(made.kubeconfig,
                        read_kubeconfig_file(declared.kubeconfig.string(), declared.context));
    }
    SNAPGATE_ASSIGN(const Named* known, find_cluster(api, registry, declared, project));
    if (known == nullptr) {
        // The server cannot be asked about a cluster in a project that is not there yet.
        if (project == kProjectToBe) return Applied{"created"};
        SNAPGATE_ASSIGN(auto answer, make_cluster(api, made));
        return Applied{"created", warnings_of(answer)};
    }
    SNAPGATE_TRY(check_same(*known, declared, project));
    if (declared.hosted) return apply_imports(api, known->uid, made.expected_every, terms);
    SNAPGATE_ASSIGN(auto answer, set_connection(api, known->uid, made.kubeconfig, terms.dry_run));
    return Applied{outcome_of(answer), warnings_of(answer)};
}

}  // namespace snapgate::cli
