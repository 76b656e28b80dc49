#include "cluster/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "access/projects.h"
#include "base/clock.h"
#include "base/count_text.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "cluster/object_quota.h"
#include "cluster/reflected_kind.h"
#include "json/object.h"
#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::cluster {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kByTenant = "tenant";

// A number that a cluster has in the store; nullopt if `value` is none.
std::optional<model::ClusterNumber> read_number(const json::Value* value) {
    const auto number =
        json::whole_number(value, 1, std::numeric_limits<model::ClusterNumber>::max());
    if (!number) return std::nullopt;
    return static_cast<model::ClusterNumber>(*number);
}

// The kinds that a later version of this program follows are passed over.
Result<void> read_kinds(const json::Object& record, Cluster& cluster) {
    const json::Value* kinds = record.if_contains("kinds");
    if (kinds == nullptr) return {};
    if (!kinds->is_object()) return Error(Code::kCorrupt, "a cluster's kinds are no object");
    for (const ReflectedKind& kind : reflected_kinds()) {
        const json::Value* value = kinds->get_object().if_contains(kind.plural);
        if (value == nullptr) continue;
        const auto number = read_number(value);
        if (!number) return Error(Code::kCorrupt, "a kind of a cluster has no number");
        cluster.others.emplace(kind.stored, *number);
    }
    return {};
}

Result<void> read_connection(const json::Object& record, Cluster& cluster) {
    SNAPGATE_ASSIGN(std::string type, json::optional_string(record, "type"));
    if (type == to_text(ClusterType::kHosted)) return {};
    if (type != to_text(ClusterType::kConnected))
        return Error(Code::kCorrupt, "a cluster's record has no type that is known");
    cluster.type = ClusterType::kConnected;
    SNAPGATE_ASSIGN(cluster.source, json::optional_string(record, "source"));
    SNAPGATE_ASSIGN(cluster.server, json::optional_string(record, "server"));
    SNAPGATE_ASSIGN(std::string by, json::optional_string(record, "connectedBy"));
    if (by == kByTenant) cluster.connected_by = ConnectedBy::kTenant;
    SNAPGATE_ASSIGN(std::string sealed, json::optional_string(record, "sealed"));
    auto decoded = base::decode_base64(sealed);
    if (!decoded) return Error(Code::kCorrupt, "a cluster's sealed connection is not base64");
    cluster.sealed = std::move(*decoded);
    return {};
}

// kConflict, with what it holds, for a cluster that holds anything.
Result<void> require_empty(store::WriteTxn& txn, const Cluster& cluster) {
    std::string held;
    for (const ReflectedKind& kind : reflected_kinds()) {
        SNAPGATE_ASSIGN(const uint64_t count,
                        txn.count(cluster.number_of(kind.stored), kind.stored));
        if (count == 0) continue;
        if (!held.empty()) held += ", ";
        held += base::counted(count, kind.noun_of_one, kind.noun);
    }
    if (held.empty()) return {};
    return Error(
        Code::kConflict,
        fmt::format("cluster \"{}\" holds {}: delete it with force=true to delete them too",
                    cluster.name, held));
}

bool has_all_kinds(const Cluster& cluster) {
    return std::ranges::all_of(reflected_kinds(), [&](const ReflectedKind& kind) {
        return cluster.number_of(kind.stored) != 0;
    });
}

Result<model::ClusterNumber> new_number(store::WriteTxn& txn, const Cluster& cluster) {
    return cluster.connected() ? txn.create_mirror() : txn.create_cluster();
}

Result<void> number_kinds(store::WriteTxn& txn, Cluster& cluster) {
    for (const ReflectedKind& kind : reflected_kinds()) {
        if (cluster.number_of(kind.stored) != 0) continue;
        SNAPGATE_ASSIGN(cluster.others[kind.stored], new_number(txn, cluster));
    }
    return {};
}

// Stores a new cluster under new numbers. `growth`: by the objects that it begins with.
Result<Cluster> create(store::WriteTxn& txn, Cluster cluster, const access::Scope& caller,
                       const ClusterTable* table, const ObjectGrowth& growth) {
    SNAPGATE_ASSIGN(auto project, txn.record(store::RecordType::kProject, cluster.project));
    if (!project) {
        return Error(Code::kNotFound, fmt::format("there is no project {}", cluster.project));
    }
    SNAPGATE_ASSIGN(const auto clusters, ClusterTable::within(txn, table));
    SNAPGATE_ASSIGN(const auto owner, access::Project::parse(cluster.project, *project));
    SNAPGATE_TRY(check_new(cluster, *clusters, owner, caller));
    if (const auto quota = ObjectQuota::of(owner, *clusters))
        SNAPGATE_TRY(quota->check_growth(txn, growth));
    SNAPGATE_ASSIGN(cluster.number, new_number(txn, cluster));
    SNAPGATE_TRY(number_kinds(txn, cluster));
    SNAPGATE_TRY(txn.put_record(Cluster::kType, cluster.uid, cluster.record()));
    return cluster;
}

}  // namespace

Result<void> check_new(const Cluster& cluster, const ClusterTable::Rows& clusters,
                       const access::Project& project, const access::Scope& caller) {
    if (const auto same = clusters.find(cluster.uid); same != clusters.end()) {
        if (!caller.sees_project(same->second.project))
            return Error(Code::kAlreadyExists, "this uid cannot be used", "uid");
        return Error(Code::kAlreadyExists, fmt::format("a cluster with uid {} exists", cluster.uid),
                     "uid");
    }
    if (clusters.id_of(cluster.project, cluster.name)) {
        return Error(Code::kAlreadyExists,
                     fmt::format("a cluster named \"{}\" exists", cluster.name), "name");
    }
    return access::check_quota(project.name, "clusters", clusters.count_of(cluster.project), 1,
                               project.quota.clusters);
}

std::string_view to_text(ClusterType type) {
    return type == ClusterType::kHosted ? "hosted" : "connected";
}

Result<Cluster> Cluster::parse(std::string_view id, std::string_view value) {
    SNAPGATE_ASSIGN(json::Value parsed, json::parse(value));
    if (!parsed.is_object()) return Error(Code::kCorrupt, "a cluster's record is not an object");
    const json::Object& record = parsed.get_object();
    Cluster cluster;
    cluster.uid = id;
    SNAPGATE_ASSIGN(cluster.name, json::optional_string(record, "name"));
    SNAPGATE_ASSIGN(cluster.project, json::optional_string(record, "projectUid"));
    const auto number = read_number(record.if_contains("number"));
    if (!number) return Error(Code::kCorrupt, "a cluster's record has no number");
    cluster.number = *number;
    SNAPGATE_TRY(read_kinds(record, cluster));
    SNAPGATE_ASSIGN(cluster.apply_set, access::read_apply_set(record));
    if (const json::Value* imported = record.if_contains("importedMs")) {
        const auto imported_ms = json::whole_number(imported);
        if (!imported_ms) return Error(Code::kCorrupt, "the last import of a cluster is no time");
        cluster.imported_ms = *imported_ms;
    }
    SNAPGATE_TRY(read_connection(record, cluster));
    SNAPGATE_ASSIGN(cluster.imports, read_imports(record));
    return cluster;
}

model::ClusterNumber Cluster::number_of(model::Kind kind) const {
    if (kind == model::Kind::kSnapshot || kind == model::Kind::kNamespace) return number;
    const auto found = others.find(kind);
    return found == others.end() ? 0 : found->second;
}

std::vector<model::ClusterNumber> Cluster::numbers() const {
    std::vector<model::ClusterNumber> numbers{number};
    for (const auto& [kind, other] : others) numbers.push_back(other);
    return numbers;
}

bool Cluster::has_number(model::ClusterNumber one) const {
    return one == number ||
           std::ranges::any_of(others, [one](const auto& other) { return other.second == one; });
}

std::string Cluster::record() const {
    json::Object record{{"name", name},
                        {"projectUid", project},
                        {"type", to_text(type)},
                        {"number", int64_t{number}}};
    if (!others.empty()) {
        json::Object kinds;
        for (const ReflectedKind& kind : reflected_kinds()) {
            if (const auto found = others.find(kind.stored); found != others.end())
                kinds[kind.plural] = int64_t{found->second};
        }
        record["kinds"] = std::move(kinds);
    }
    access::put_apply_set(record, apply_set);
    if (imported_ms > 0) record["importedMs"] = imported_ms;
    put_imports(record, imports);
    if (!server.empty()) record["server"] = server;
    if (!source.empty()) record["source"] = source;
    if (connected() && connected_by == ConnectedBy::kTenant) record["connectedBy"] = kByTenant;
    if (!sealed.empty()) {
        std::string text;
        base::append_base64(sealed, text);
        record["sealed"] = text;
    }
    return json::serialize(record);
}

Error no_such_cluster(std::string_view uid) {
    return {Code::kNotFound,
            fmt::format("there is no cluster {} that this key may see", uid.substr(0, 64))};
}

Result<Cluster> create_hosted(store::WriteTxn& txn, Cluster cluster, int64_t now_ms,
                              const access::Scope& caller, const ClusterTable* table) {
    cluster.type = ClusterType::kHosted;
    const model::PreparedObject ns = new_namespace("default", now_ms);
    ObjectGrowth growth;
    growth.put(stored_size(ns, nullptr), nullptr);
    SNAPGATE_ASSIGN(cluster, create(txn, std::move(cluster), caller, table, growth));
    SNAPGATE_TRY(txn.put(cluster.number, model::Kind::kNamespace, ns));
    return cluster;
}

model::PreparedObject new_namespace(std::string_view name, int64_t now_ms) {
    return json::make_namespace(name, {.uid = base::random_uuid(),
                                       .creation_timestamp = base::format_rfc3339(now_ms),
                                       .generation = 1});
}

Result<Cluster> create_connected(store::WriteTxn& txn, Cluster cluster, const access::Scope& caller,
                                 const ClusterTable* table) {
    cluster.type = ClusterType::kConnected;
    return create(txn, std::move(cluster), caller, table, {});
}

bool has_all_kinds(const ClusterTable::Rows& clusters) {
    return std::ranges::all_of(clusters, [](const auto& row) { return has_all_kinds(row.second); });
}

Result<void> number_kinds(store::WriteTxn& txn) {
    SNAPGATE_ASSIGN(const auto clusters, ClusterTable::within(txn, nullptr));
    for (const auto& [uid, known] : *clusters) {
        if (has_all_kinds(known)) continue;
        Cluster cluster = known;
        SNAPGATE_TRY(number_kinds(txn, cluster));
        SNAPGATE_TRY(txn.put_record(Cluster::kType, uid, cluster.record()));
    }
    return {};
}

Result<void> require_settable(const Cluster& cluster) {
    if (!cluster.connected()) {
        return Error(Code::kConflict,
                     fmt::format("cluster \"{}\" is hosted: it has no connection", cluster.name));
    }
    if (cluster.source == kConfigSource) {
        return Error(Code::kConflict,
                     fmt::format("cluster \"{}\" is declared in the server's configuration file: "
                                 "change its kubeconfig there",
                                 cluster.name));
    }
    return {};
}

Result<void> set_connection(store::WriteTxn& txn, std::string_view uid, std::string sealed,
                            std::string server, ConnectedBy by) {
    SNAPGATE_ASSIGN(auto record, txn.record(Cluster::kType, uid));
    if (!record) return no_such_cluster(uid);
    SNAPGATE_ASSIGN(Cluster cluster, Cluster::parse(uid, *record));
    SNAPGATE_TRY(require_settable(cluster));
    cluster.sealed = std::move(sealed);
    cluster.server = std::move(server);
    cluster.connected_by = by;
    return txn.put_record(Cluster::kType, uid, cluster.record());
}

Result<void> set_declared_server(store::WriteTxn& txn, std::string_view uid, std::string server) {
    SNAPGATE_ASSIGN(auto record, txn.record(Cluster::kType, uid));
    if (!record) return no_such_cluster(uid);
    SNAPGATE_ASSIGN(Cluster cluster, Cluster::parse(uid, *record));
    cluster.server = std::move(server);
    return txn.put_record(Cluster::kType, uid, cluster.record());
}

Result<void> expect_imports(store::WriteTxn& txn, std::string_view uid, base::Millis every,
                            int64_t now_ms) {
    SNAPGATE_ASSIGN(auto record, txn.record(Cluster::kType, uid));
    if (!record) return no_such_cluster(uid);
    SNAPGATE_ASSIGN(Cluster cluster, Cluster::parse(uid, *record));
    SNAPGATE_TRY(require_hosted(cluster, "imports are expected of"));
    if (cluster.imports.expected_every == every &&
        !is_ahead(cluster.imports.expected_since_ms, now_ms)) {
        return {};
    }
    cluster.imports.expected_every = every;
    cluster.imports.expected_since_ms = now_ms;
    return txn.put_record(Cluster::kType, uid, cluster.record());
}

Result<void> set_imported(store::WriteTxn& txn, std::string_view uid, model::ClusterNumber number,
                          int64_t now_ms, const LastImport& import) {
    SNAPGATE_ASSIGN(auto record, txn.record(Cluster::kType, uid));
    if (!record) return no_such_cluster(uid);
    SNAPGATE_ASSIGN(Cluster cluster, Cluster::parse(uid, *record));
    if (cluster.number != number) return no_such_cluster(uid);
    cluster.imported_ms = now_ms;
    cluster.imports.last = import;
    return txn.put_record(Cluster::kType, uid, cluster.record());
}

Result<void> require_hosted(const Cluster& cluster, std::string_view what) {
    if (!cluster.connected()) return {};
    return Error(Code::kConflict,
                 fmt::format("cluster \"{}\" is connected: {} hosted clusters alone; what it holds "
                             "is changed in the cluster itself",
                             cluster.name, what));
}

Result<void> delete_cluster(store::WriteTxn& txn, std::string_view uid, bool force) {
    SNAPGATE_ASSIGN(auto record, txn.record(Cluster::kType, uid));
    if (!record) return no_such_cluster(uid);
    SNAPGATE_ASSIGN(Cluster cluster, Cluster::parse(uid, *record));
    if (!cluster.connected() && !force) SNAPGATE_TRY(require_empty(txn, cluster));
    SNAPGATE_TRY(txn.erase_record(Cluster::kType, uid));
    for (const model::ClusterNumber number : cluster.numbers()) {
        SNAPGATE_TRY(txn.erase_record(store::RecordType::kMirror, fmt::format_int(number).str()));
        SNAPGATE_TRY(txn.delete_cluster(number));
    }
    return {};
}

Result<void> delete_project(store::WriteTxn& txn, const std::string& uid, bool force,
                            const Tables& tables) {
    SNAPGATE_ASSIGN(auto record, txn.record(access::Project::kType, uid));
    if (!record) return access::no_such_project(uid);
    SNAPGATE_ASSIGN(const auto clusters, ClusterTable::within(txn, tables.clusters));
    SNAPGATE_ASSIGN(const auto keys, access::KeyTable::within(txn, tables.keys));
    const uint64_t of_clusters = clusters->count_of(uid);
    const uint64_t of_keys = keys->count_of(uid);
    if (!force && of_clusters + of_keys > 0) {
        return Error(
            Code::kConflict,
            fmt::format("the project holds {} and {}: delete it with force=true to "
                        "delete them too",
                        base::counted(of_clusters, "cluster"), base::counted(of_keys, "key")));
    }
    if (of_clusters > 0) {
        for (const auto& [cluster_uid, cluster] : *clusters)
            if (cluster.project == uid) SNAPGATE_TRY(delete_cluster(txn, cluster_uid, true));
    }
    if (of_keys > 0) {
        for (const auto& [id, key] : *keys)
            if (key.project == uid) SNAPGATE_TRY(txn.erase_record(access::Key::kType, id));
    }
    return txn.erase_record(access::Project::kType, uid);
}

}  // namespace snapgate::cluster
