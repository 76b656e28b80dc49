#include "api/admin/cluster_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/duration.h"
#include "cluster/reflected_kind.h"

namespace snapgate::api::admin {

using base::Result;
using cluster::Cluster;
using mirror::MirrorStatus;
using Outcome = connect::CheckedPoint::Outcome;

namespace {

void put_time(json::Object& out, std::string_view name, int64_t ms) {
    if (ms > 0) out[{name.data(), name.size()}] = base::format_rfc3339(ms);
}

void put_text(json::Object& out, std::string_view name, const std::string& text) {
    if (!text.empty()) out[{name.data(), name.size()}] = text;
}

void put_status(json::Object& out, const MirrorStatus& status, int64_t now_ms) {
    out["state"] = to_text(status.state);
    put_text(out, "reason", status.reason);
    put_text(out, "message", status.message);
    put_time(out, "sinceTime", status.since_ms);
    put_time(out, "confirmedTime", status.confirmed_ms);
    put_time(out, "lastSyncTime", status.synced_ms);
    if (status.confirmed_ms > 0) {
        out["lagSeconds"] = std::max<int64_t>(0, (now_ms - status.confirmed_ms) / 1000);
    }
    put_text(out, "servedVersion", status.served_version);
    out["syncs"] = status.syncs;
    out["events"] = status.events;
    out["failures"] = status.failures;
    out["skipped"] = status.skipped;
    put_text(out, "skippedExample", status.skipped_example);
    out["checks"] = status.checks;
    out["differences"] = status.differences;
    put_text(out, "checkOutcome", status.check_outcome);
}

// The state of a hosted cluster, by its imports.
void put_imports(json::Object& out, const Cluster& hosted, int64_t now_ms) {
    const cluster::Imports& imports = hosted.imports;
    const bool overdue = hosted.import_overdue(now_ms);
    out["state"] = overdue ? cluster::kStale : cluster::kReady;
    if (overdue) out["reason"] = cluster::kImportOverdue;
    if (imports.expected()) out["expectedEvery"] = base::format_duration(imports.expected_every);
    const int64_t imported_ms = hosted.imported_by(now_ms);
    put_time(out, "lastImportTime", imported_ms);
    if (imports.expected() && imported_ms > 0)
        out["lagSeconds"] = std::max<int64_t>(0, (now_ms - imported_ms) / 1000);
    const cluster::LastImport& last = imports.last;
    if (last.by_id.empty()) return;
    json::Object& told = out["lastImport"].emplace_object();
    told["by"] = last.by;
    told["byId"] = last.by_id;
    for (const cluster::ImportCount& count : cluster::kImportCounts)
        told[count.name] = last.counts.*count.member;
}

std::string_view text_of_outcome(Outcome outcome) {
    switch (outcome) {
        case Outcome::kGood:
            return "Good";
        case Outcome::kWarning:
            return "Warning";
        case Outcome::kBad:
            return "Bad";
        case Outcome::kSkipped:
            break;
    }
    return "Skipped";
}

// The state of each kind of object that belongs to the snapshots; of a hosted cluster, of the kinds
// that it has.
Result<json::Array> kinds_document(const Services& services, const Cluster& cluster,
                                   const store::ReadView& view) {
    json::Array kinds;
    for (const cluster::ReflectedKind& kind : cluster::reflected_kinds()) {
        if (kind.stored == model::Kind::kSnapshot) continue;
        const model::ClusterNumber number = cluster.number_of(kind.stored);
        SNAPGATE_ASSIGN(const uint64_t objects, view.count(number, kind.stored));
        if (!cluster.connected() && objects == 0) continue;
        json::Object item{{"name", kind.plural}, {"objects", objects}};
        if (cluster.connected()) {
            const auto status = services.mirrors.status(number);
            put_status(item, status.value_or(MirrorStatus()), services.store.now_ms());
        }
        kinds.push_back(std::move(item));
    }
    return kinds;
}

// Of the objects of all kinds.
Result<uint64_t> bytes_of(const Cluster& cluster, const store::ReadView& view) {
    uint64_t sum = 0;
    for (const cluster::ReflectedKind& kind : cluster::reflected_kinds()) {
        SNAPGATE_ASSIGN(const uint64_t bytes,
                        view.bytes(cluster.number_of(kind.stored), kind.stored));
        sum += bytes;
    }
    return sum;
}

}  // namespace

Result<json::Object> cluster_document(const Services& services, const Cluster& cluster,
                                      const store::ReadView& view) {
    SNAPGATE_ASSIGN(uint64_t objects, view.count(cluster.number, model::Kind::kSnapshot));
    json::Object out{{"uid", cluster.uid},
                     {"name", cluster.name},
                     {"projectUid", cluster.project},
                     {"type", cluster::to_text(cluster.type)}};
    put_text(out, "applySet", cluster.apply_set.name);
    if (cluster.connected()) {
        put_text(out, "server", cluster.server);
        put_text(out, "source", cluster.source);
        const auto status = services.mirrors.status(cluster.number);
        put_status(out, status.value_or(MirrorStatus()), services.store.now_ms());
    } else {
        put_imports(out, cluster, services.store.now_ms());
    }
    out["objects"] = objects;
    SNAPGATE_ASSIGN(out["bytes"], bytes_of(cluster, view));
    SNAPGATE_ASSIGN(json::Array kinds, kinds_document(services, cluster, view));
    if (!kinds.empty()) out["kinds"] = std::move(kinds);
    SNAPGATE_ASSIGN(const store::DamagedNames damaged, view.damaged_names(cluster.number));
    if (damaged.count > 0) {
        out["damaged"] = damaged.count;
        out["damagedExample"] = fmt::format("{}/{}", damaged.example.ns, damaged.example.name);
    }
    return out;
}

audit::Object cluster_object(const cluster::Cluster& cluster) {
    return {.kind = "Cluster", .name = cluster.name, .id = cluster.uid};
}

json::Array points_document(const connect::ConnectionCheck& check) {
    json::Array points;
    for (const connect::CheckedPoint& point : check.points) {
        points.push_back(json::Object{{"name", point.name},
                                      {"outcome", text_of_outcome(point.outcome)},
                                      {"message", point.message},
                                      {"advice", point.advice}});
    }
    return points;
}

json::Array warnings_document(const connect::ConnectionCheck& check) {
    json::Array warnings;
    for (const connect::CheckedPoint& point : check.points) {
        if (point.outcome != Outcome::kWarning) continue;
        std::string text = fmt::format("{}: {}", point.name, point.message);
        if (!point.advice.empty()) text += "; " + point.advice;
        warnings.emplace_back(std::move(text));
    }
    return warnings;
}

}  // namespace snapgate::api::admin
