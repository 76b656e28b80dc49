#include <fmt/format.h>
#include <functional>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/admin/body.h"
#include "api/admin/routes.h"
#include "api/items.h"
#include "api/visible.h"
#include "audit/action.h"
#include "base/clock.h"
#include "base/duration.h"

namespace snapgate::api::admin {

using access::Key;
using access::Role;
using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kMostClusters = 1000;

// null: all that its project has.
json::Value cluster_uids(const Key& key) {
    if (key.clusters.empty()) return nullptr;
    json::Array uids;
    for (const access::KeyCluster& cluster : key.clusters) uids.emplace_back(cluster.uid);
    return uids;
}

json::Object to_json(const Call& call, const Key& key) {
    auto time = [](int64_t ms) { return json::Value(base::format_rfc3339(ms)); };
    int64_t used = call.services.keys.last_used_ms(key);
    return {{"id", key.id},
            {"name", key.name},
            {"role", std::string(access::role_name(key.role))},
            {"projectUid", key.project},
            {"clusters", cluster_uids(key)},
            {"createdAt", time(key.created_ms)},
            {"expiresAt", key.expires_ms ? time(*key.expires_ms) : json::Value()},
            {"lastUsedAt", used > 0 ? time(used) : json::Value()}};
}

// Who shows a token has no key. What it may do can depend on the project that the request names.
json::Object holder_json(const Call& call) {
    const access::Principal& principal = call.principal;
    json::Value clusters;
    if (principal.clusters) {
        json::Array uids;
        const auto rows = call.services.clusters.snapshot();
        for (const auto& [uid, cluster] : *rows)
            if (std::ranges::binary_search(*principal.clusters, cluster.number))
                uids.emplace_back(uid);
        clusters = std::move(uids);
    }
    return {{"id", principal.key_id},
            {"name", principal.holder->name()},
            {"issuer", principal.holder->issuer_name()},
            {"role", std::string(access::role_name(principal.role))},
            {"projectUid", principal.project},
            {"clusters", std::move(clusters)},
            {"expiresAt", base::format_rfc3339(principal.holder->expires_ms())}};
}

// A key of the tenant is seen by the tenant alone.
bool visible(const Call& call, const Key& key) {
    return call.scope.project.empty() || call.scope.project == key.project;
}

Result<Key> find_key(const Call& call, const std::string& id) {
    auto keys = call.services.keys.keys();
    auto found = keys->find(id);
    if (found == keys->end() || !visible(call, found->second))
        return Error(Code::kNotFound,
                     "there is no key " + id.substr(0, 64) + " that this key may see");
    return found->second;
}

audit::Object key_object(const Key& key) {
    return {.kind = "Key", .name = key.name, .id = key.id};
}

Result<std::optional<int64_t>> expiry(const json::Object& body, int64_t now_ms) {
    SNAPGATE_ASSIGN(std::string text, json::optional_string(body, "expires"));
    if (text.empty()) return std::optional<int64_t>();
    auto after = base::parse_duration(text);
    if (!after || after->count() <= 0) {
        return Error(Code::kInvalidBody,
                     "expires must be a duration such as 90d or 12h, longer than nothing and at "
                     "most 100 years",
                     "expires");
    }
    return std::optional<int64_t>(now_ms + after->count());
}

// The clusters that a new key is held to: uids of clusters of one project that the caller sees.
Result<std::vector<cluster::Cluster>> read_clusters(const Call& call, const json::Object& body) {
    const Error wrong(Code::kInvalidBody,
                      fmt::format("clusters must be a list of 1 to {} uids of clusters, or null "
                                  "for all clusters of the project",
                                  kMostClusters),
                      "clusters");
    std::vector<cluster::Cluster> clusters;
    const json::Value* value = body.if_contains("clusters");
    if (value == nullptr || value->is_null()) return clusters;
    if (!value->is_array() || value->get_array().empty() ||
        value->get_array().size() > kMostClusters)
        return wrong;
    for (const json::Value& one : value->get_array()) {
        if (!one.is_string()) return wrong;
        SNAPGATE_ASSIGN(cluster::Cluster cluster,
                        find_cluster(call, std::string_view(one.get_string())));
        if (!clusters.empty() && cluster.project != clusters.front().project) {
            return Error(Code::kInvalidBody,
                         fmt::format("the clusters {} and {} are in different projects: a key is "
                                     "held to clusters of one project",
                                     clusters.front().uid, cluster.uid),
                         "clusters");
        }
        clusters.push_back(std::move(cluster));
    }
    std::ranges::sort(clusters, {}, &cluster::Cluster::uid);
    const auto again = std::ranges::unique(clusters, {}, &cluster::Cluster::uid);
    clusters.erase(again.begin(), again.end());
    return clusters;
}

// Holds the key to clusters; it is then a key of their project.
Result<void> hold_to(const std::vector<cluster::Cluster>& clusters, Key& key) {
    if (clusters.empty()) return {};
    const std::string& project = clusters.front().project;
    if (!key.project.empty() && key.project != project) {
        return Error(Code::kInvalidBody,
                     fmt::format("the cluster {} is not in the project {}", clusters.front().uid,
                                 key.project),
                     "clusters");
    }
    // An admin makes clusters and keys, which would be outside of these.
    if (key.role == Role::kAdmin) {
        return Error(Code::kInvalidBody,
                     "a key that is held to clusters is a reader or an editor: an admin "
                     "administers a whole project",
                     "role");
    }
    key.project = project;
    for (const cluster::Cluster& one : clusters) key.clusters.push_back({one.uid, one.number});
    return {};
}

}  // namespace

net::Awaitable<Result<void>> list_keys(Call& call) {
    const auto keys = call.services.keys.keys();
    std::function<Result<json::Array>()> make = [&] {
        json::Array items;
        for (const Key* key :
             visible_by_name(*keys, [&](const Key& row) { return visible(call, row); }))
            items.push_back(to_json(call, *key));
        return items;
    };
    co_return co_await respond_items(call, keys->size(), std::move(make));
}

net::Awaitable<Result<void>> get_key(Call& call) {
    SNAPGATE_CO_ASSIGN(auto key, find_key(call, call.parameters[0]));
    respond_json(call, 200, to_json(call, key));
    co_return Result<void>{};
}

// The key of the request itself. Its project is the key's, whatever the request is narrowed to.
net::Awaitable<Result<void>> who_am_i(Call& call) {
    if (call.principal.holder) {
        respond_json(call, 200, holder_json(call));
        co_return Result<void>{};
    }
    auto keys = call.services.keys.keys();
    auto found = keys->find(call.principal.key_id);
    // Revoked since it was authenticated.
    if (found == keys->end()) co_return Error(Code::kUnauthorized, "the key is not known any more");
    respond_json(call, 200, to_json(call, found->second));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> create_key(Call& call) {
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_TRY(
        json::refuse_unknown(body, {"name", "role", "projectUid", "clusters", "expires"}));
    SNAPGATE_CO_ASSIGN(auto name, required_name(body));
    SNAPGATE_CO_ASSIGN(auto role_text, json::optional_string(body, "role"));
    SNAPGATE_CO_ASSIGN(
        auto role, role_text.empty() ? Result<Role>(Role::kReader) : access::parse_role(role_text));
    SNAPGATE_CO_ASSIGN(auto project, json::optional_string(body, "projectUid"));
    if (project.empty()) {
        // Never a scope above the maker's own, or above what the request was narrowed to.
        project = call.scope.project;
    } else if (!call.services.projects.snapshot()->contains(project) ||
               !call.scope.sees_project(project)) {
        co_return access::no_such_project(project);
    }
    int64_t now_ms = call.services.store.now_ms();
    SNAPGATE_CO_ASSIGN(auto expires_ms, expiry(body, now_ms));

    SNAPGATE_CO_ASSIGN(const auto clusters, read_clusters(call, body));
    access::NewKey made = access::make_key(name, role, project, now_ms, expires_ms);
    SNAPGATE_CO_TRY(hold_to(clusters, made.key));
    store::WriteFunction write = [key = made.key,
                                  &table = call.services.keys.table()](store::WriteTxn& txn) {
        return access::create_key(txn, key, &table);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(
        call, std::move(write), key_object(made.key), audit::Change::kCreated,
        "\"role\":\"" + std::string(access::role_name(made.key.role)) + '"'));
    json::Object answer = to_json(call, made.key);
    answer["key"] = made.text;
    respond_json(call, 201, answer);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> delete_key(Call& call) {
    SNAPGATE_CO_ASSIGN(auto key, find_key(call, call.parameters[0]));
    store::WriteFunction write = [id = key.id, now_ms = call.services.store.now_ms(),
                                  &table = call.services.keys.table()](store::WriteTxn& txn) {
        return access::delete_key(txn, id, now_ms, &table);
    };
    SNAPGATE_CO_TRY(
        co_await commit_registry(call, std::move(write), key_object(key), audit::Change::kRemoved));
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin
