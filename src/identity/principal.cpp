#include "identity/principal.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/refusals.h"

namespace snapgate::identity {

using access::Principal;
using base::Code;
using base::Error;
using base::Result;

namespace {

// The uid of what a name or a uid says; nullopt if there is no such thing.
template <class Rows>
std::optional<std::string> uid_of(const Rows& rows, std::string_view owner,
                                  const std::string& text) {
    if (rows.contains(text)) return text;
    return rows.id_of(owner, text);
}

// The numbers of the clusters of a project. Those that are not there are left out.
std::vector<model::ClusterNumber> numbers_of(const std::vector<std::string>& texts,
                                             const std::string& project,
                                             const cluster::ClusterTable::Rows& clusters) {
    std::vector<model::ClusterNumber> numbers;
    for (const std::string& text : texts) {
        const auto uid = uid_of(clusters, project, text);
        if (!uid) continue;
        const cluster::Cluster& cluster = clusters.at(*uid);
        if (cluster.project == project) numbers.push_back(cluster.number);
    }
    std::ranges::sort(numbers);
    const auto again = std::ranges::unique(numbers);
    numbers.erase(again.begin(), again.end());
    return numbers;
}

// nullopt for a project that does not exist, and for clusters none of which exists: who is held to
// clusters must not come to see all.
std::optional<Right> find(const Grant& grant, const access::ProjectTable::Rows& projects,
                          const cluster::ClusterTable::Rows& clusters) {
    if (grant.project.empty()) return Right{grant.role, {}, nullptr};
    auto project = uid_of(projects, {}, grant.project);
    if (!project) return std::nullopt;
    Right found{grant.role, *std::move(project), nullptr};
    if (grant.clusters.empty()) return found;
    auto numbers = numbers_of(grant.clusters, found.project, clusters);
    if (numbers.empty()) return std::nullopt;
    found.clusters = std::make_shared<const std::vector<model::ClusterNumber>>(std::move(numbers));
    return found;
}

std::string project_of(const Asked& asked, const cluster::ClusterTable::Rows& clusters) {
    if (!asked.project.empty()) return std::string(asked.project);
    if (asked.cluster.empty()) return {};
    const auto cluster = clusters.find(std::string(asked.cluster));
    return cluster == clusters.end() ? std::string() : cluster->second.project;
}

Error several(const std::vector<Right>& found, const access::ProjectTable::Rows& projects) {
    std::vector<std::string> names;
    names.reserve(found.size());
    for (const Right& one : found) names.push_back(projects.at(one.project).name);
    std::ranges::sort(names);
    return {Code::kInvalidParameter,
            fmt::format("your token gives you rights in several projects ({}): say in the header "
                        "ProjectUid which one you mean",
                        fmt::join(names, ", ")),
            "ProjectUid"};
}

}  // namespace

std::vector<Right> rights_of(const Caller& caller, const access::ProjectTable::Rows& projects,
                             const cluster::ClusterTable::Rows& clusters) {
    std::vector<Right> found;
    for (const Grant& grant : caller.claims().grants) {
        auto one = find(grant, projects, clusters);
        // A project may be declared by its name and by its uid: the first one counts here, too.
        if (one && std::ranges::find(found, one->project, &Right::project) == found.end())
            found.push_back(*std::move(one));
    }
    return found;
}

Error refuse_without_rights(const Caller& caller) {
    return refuse(Refusal::kNoRule, fmt::format("the rules of the issuer {} give {} rights in "
                                                "projects or clusters that do not exist",
                                                caller.issuer_name(), caller.name()));
}

Result<Principal> principal_of(std::shared_ptr<const Caller> caller, const Asked& asked,
                               const access::ProjectTable::Rows& projects,
                               const cluster::ClusterTable::Rows& clusters) {
    const std::vector<Right> found = rights_of(*caller, projects, clusters);
    if (found.empty()) return refuse_without_rights(*caller);
    const std::string wanted = project_of(asked, clusters);
    auto chosen = found.end();
    if (!wanted.empty()) chosen = std::ranges::find(found, wanted, &Right::project);
    if (chosen == found.end()) chosen = std::ranges::find(found, std::string(), &Right::project);
    if (chosen == found.end()) {
        // With what it names outside of its rights the request fails later, as if that did not
        // exist.
        const bool named = !asked.project.empty() || !asked.cluster.empty();
        if (found.size() > 1 && !named) return several(found, projects);
        chosen = found.begin();
    }
    Principal principal{caller->id(), caller->name(), chosen->role, chosen->project,
                        chosen->clusters};
    principal.holder = std::move(caller);
    return principal;
}

}  // namespace snapgate::identity
