#include "app/mirrors.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "connect/passed_servers.h"
#include "json/value.h"
#include "mirror/mirror_sink.h"

namespace snapgate::app {
namespace {

using base::Result;
using mirror::MirrorStatus;
using model::ClusterNumber;

// The part of a status that outlives the process.
std::string to_record(const MirrorStatus& status) {
    return json::serialize(json::Object{{"confirmedMs", status.confirmed_ms},
                                        {"syncedMs", status.synced_ms},
                                        {"resumeVersion", status.resume_version},
                                        {"listVersion", status.list_version},
                                        {"servedVersion", status.served_version}});
}

int64_t number_member(const json::Object& record, std::string_view name) {
    const json::Value* value = record.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

Result<MirrorStatus> read_record(const store::Store& store, ClusterNumber cluster) {
    MirrorStatus status;
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(const auto text,
                    view.record(store::RecordType::kMirror, std::to_string(cluster)));
    if (!text) return status;
    SNAPGATE_ASSIGN(const json::Value value, json::parse(*text));
    const json::Object* record = value.if_object();
    if (record == nullptr) return status;
    status.confirmed_ms = number_member(*record, "confirmedMs");
    status.synced_ms = number_member(*record, "syncedMs");
    SNAPGATE_ASSIGN(status.resume_version, json::optional_string(*record, "resumeVersion"));
    SNAPGATE_ASSIGN(status.list_version, json::optional_string(*record, "listVersion"));
    SNAPGATE_ASSIGN(status.served_version, json::optional_string(*record, "servedVersion"));
    return status;
}

// The status at the end of the last process. Values that the store itself shows take precedence
// over stored ones.
MirrorStatus last_known(const store::Store& store, ClusterNumber cluster) {
    MirrorStatus status;
    if (auto record = read_record(store, cluster)) status = std::move(*record);
    const auto version = mirror::list_version(store, cluster);
    status.has_synced = version && !version->empty();
    if (!status.has_synced) return status;
    // The mirror was equal to the cluster at least when the store's head was written. The clock of
    // history, which says when that was, may only be behind.
    const auto head = store.read().head(cluster);
    if (head && *head) status.confirmed_ms = std::max(status.confirmed_ms, (*head)->since_ms);
    return status;
}

void keep(store::Store& store, const std::vector<std::pair<ClusterNumber, MirrorStatus>>& mirrors) {
    std::vector<std::pair<ClusterNumber, std::string>> records;
    records.reserve(mirrors.size());
    for (const auto& [cluster, status] : mirrors) records.emplace_back(cluster, to_record(status));
    store.write(
        store::Priority::kBatch,
        [records = std::move(records)](store::WriteTxn& txn) -> Result<void> {
            for (const auto& [cluster, record] : records) {
                SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster));
                if (!there) continue;
                SNAPGATE_TRY(
                    txn.put_record(store::RecordType::kMirror, std::to_string(cluster), record));
            }
            return {};
        },
        [](const Result<void>& written) {
            if (written) return;
            base::log::warning("cannot write down how mirrors stand",
                               {{"error", written.error().message}});
        });
}

}  // namespace

std::unique_ptr<mirror::Connections> make_connections(DataDirectory& data) {
    store::Store& store = *data.store;
    mirror::ConnectionsOptions options;
    options.server_id = connect::server_id(store.id());
    options.make_sink = [&store](ClusterNumber cluster, const cluster::ReflectedKind& kind) {
        return mirror::make_sink(store, cluster, kind);
    };
    options.last_known = [&store](ClusterNumber cluster) { return last_known(store, cluster); };
    options.keep = [&store](const auto& mirrors) { keep(store, mirrors); };
    return std::make_unique<mirror::Connections>(std::move(options));
}

void follow_clusters(const DataDirectory& data, const connect::ConnectionSources& sources,
                     mirror::Connections& connections) {
    for (const auto& [uid, cluster] : *data.clusters.snapshot()) {
        if (cluster.connected())
            connections.follow(cluster.number, cluster.name, cluster::snapshots(),
                               sources.of(cluster));
    }
}

}  // namespace snapgate::app
