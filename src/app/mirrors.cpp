#include "app/mirrors.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "connect/passed_servers.h"
#include "mirror/mirror_record.h"
#include "mirror/mirror_sink.h"
#include "mirror/quota_sink.h"
#include "mirror/state_names.h"

namespace snapgate::app {
namespace {

using base::Result;
using mirror::MirrorStatus;
using model::ClusterNumber;

Result<MirrorStatus> read_record(const store::Store& store, ClusterNumber cluster) {
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(const auto text,
                    view.record(store::RecordType::kMirror, std::to_string(cluster)));
    if (!text) return MirrorStatus();
    return mirror::parse_record(*text);
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
    for (const auto& [cluster, status] : mirrors)
        records.emplace_back(cluster, mirror::to_record(status));
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

// The quota of the project whose cluster has this number.
std::shared_ptr<const cluster::ObjectQuota> quota_of(const DataDirectory& data,
                                                     ClusterNumber number) {
    const auto projects = data.projects.snapshot();
    const auto bounded = [](const auto& row) { return row.second.quota.bounds_objects(); };
    if (std::ranges::none_of(*projects, bounded)) return nullptr;
    const auto clusters = data.clusters.snapshot();
    for (const auto& [uid, cluster] : *clusters) {
        if (cluster.has_number(number))
            return cluster::ObjectQuota::of(cluster.project, *projects, *clusters);
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<mirror::Mirrors> make_mirrors(DataDirectory& data, size_t most_bytes) {
    // Each replica keeps its own.
    store::Store& store = data.store->local();
    mirror::MirrorsOptions options;
    options.most_listed.bytes = most_bytes;
    // Replicas are one server for those that a request passes.
    options.server_id = connect::server_id(data.store->truth_id());
    std::shared_ptr<mirror::StateNames> names;
    if (data.store->replicates()) names = std::make_shared<mirror::StateNames>(*data.store);
    options.make_sink = [&data, &store, names](ClusterNumber number,
                                               const cluster::ReflectedKind& kind) {
        cluster::FindQuota quota = [&data, number] { return quota_of(data, number); };
        return mirror::with_quota(mirror::make_sink(store, number, kind, names.get()), store,
                                  number, kind.stored, std::move(quota));
    };
    options.last_known = [&store](ClusterNumber cluster) { return last_known(store, cluster); };
    options.keep = [&store](const auto& mirrors) { keep(store, mirrors); };
    return std::make_unique<mirror::Mirrors>(std::move(options));
}

void follow_clusters(const DataDirectory& data, const connect::ConnectionSources& sources,
                     mirror::Mirrors& mirrors) {
    const auto clusters = data.clusters.snapshot();
    for (const auto& [uid, cluster] : *clusters) {
        if (cluster.connected()) mirrors.follow(cluster, sources.of(cluster));
    }
}

}  // namespace snapgate::app
