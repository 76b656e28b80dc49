#include "app/replicated.h"

#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "access/keys.h"
#include "access/projects.h"
#include "api/replica_peers.h"
#include "api/services.h"
#include "app/replica_options.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/secret_file.h"
#include "replica/replica_store.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

// The tables are read on the thread that reads them again later, so that no old word comes after a
// new one.
Result<void> read_tables(DataDirectory& data) {
    std::promise<Result<void>> finished;
    data.store->write(
        store::Priority::kRequest, [](store::WriteTxn&) -> Result<void> { return {}; },
        [&](Result<void> result) {
            if (result) result = reload(data);
            finished.set_value(std::move(result));
        });
    return finished.get_future().get();
}

bool has_no_registry(const DataDirectory& data) {
    return data.keys.keys()->empty() && data.projects.snapshot()->empty();
}

// Puts the project Default and the key into etcd, unless another replica was faster.
Result<void> put_first(DataDirectory& data, const access::NewKey& admin) {
    const access::Project project{base::random_uid(), std::string(access::kDefaultProject)};
    return data.store->write_and_wait(
        store::Priority::kRequest, [&](store::WriteTxn& txn) -> Result<void> {
            for (const auto type : {store::RecordType::kKey, store::RecordType::kProject}) {
                SNAPGATE_ASSIGN(const auto records, txn.records(type));
                if (!records.empty()) return {};
            }
            SNAPGATE_TRY(access::create_project(txn, project));
            return access::create_key(txn, admin.key);
        });
}

// The key is written into a file before it is in etcd, as it could be lost otherwise; the file gets
// its name only when the key is the one that counts. So a start that was cut off is completed.
Result<void> settle_first_key(DataDirectory& data) {
    const fs::path named = data.admin_key_file();
    const fs::path pending = data.path / "admin.key.new";
    std::error_code failed;
    const bool first = has_no_registry(data);
    const bool begun = fs::exists(pending, failed);
    if (!first && !begun) return {};
    // One that an earlier etcd had is good for a new one, too.
    const bool has_key = first && !begun && fs::exists(named, failed);
    const fs::path& file = has_key ? named : pending;
    SNAPGATE_ASSIGN(const access::NewKey admin, first_admin_key(file, data.store->now_ms()));
    if (first) {
        SNAPGATE_TRY(put_first(data, admin));
        SNAPGATE_TRY(read_tables(data));
    }
    const auto keys = data.keys.keys();
    const auto found = keys->find(admin.key.id);
    const bool ours = found != keys->end() && found->second.hash == admin.key.hash;
    if (!ours) {
        if (!has_key) fs::remove(pending, failed);
        return {};
    }
    data.first_start = true;
    if (has_key) return {};
    fs::rename(pending, named, failed);
    if (!failed) return {};
    return Error(Code::kUnavailable, fmt::format("cannot rename {} to {}: {}", pending.string(),
                                                 named.string(), failed.message()));
}

// Has the mirrors follow the registry, whichever replica changed it: a cluster that was connected,
// one that has another connection now, and one that was removed, be it that another has its uid
// now. Called by one thread at a time.
class ConnectedClusters {
  public:
    // Somebody else begins to follow those that are in the registry now (follow_clusters()).
    explicit ConnectedClusters(const api::Services& services) : services_(services) {
        const auto clusters = services.clusters.snapshot();
        for (const auto& [uid, cluster] : *clusters)
            if (cluster.connected()) followed_.emplace(uid, cluster);
    }

    void follow(const std::vector<store::ChangedRecord>& changed) {
        const auto clusters = services_.clusters.snapshot();
        bool gone = false;
        for (const store::ChangedRecord& one : changed) {
            if (one.type != cluster::Cluster::kType) continue;
            const auto row = clusters->find(one.id);
            const auto before = followed_.find(one.id);
            const bool known = before != followed_.end();
            if (row == clusters->end() || !row->second.connected()) {
                gone |= known || row == clusters->end();
                if (known) followed_.erase(before);
                continue;
            }
            if (known) tell_of_address(before->second, row->second);
            if (known && is_same(before->second, row->second)) {
                before->second.server = row->second.server;
                continue;
            }
            gone |= known && before->second.number != row->second.number;
            followed_.insert_or_assign(one.id, row->second);
            api::follow(services_, one.id);
        }
        if (gone) api::forget_deleted(services_);
    }

  private:
    static bool is_same(const cluster::Cluster& one, const cluster::Cluster& other) {
        return one.number == other.number && one.sealed == other.sealed &&
               one.source == other.source && one.connected_by == other.connected_by;
    }

    // Each replica follows a declared cluster by its own file.
    static void tell_of_address(const cluster::Cluster& before, const cluster::Cluster& now) {
        if (now.source != cluster::kConfigSource || before.server.empty() ||
            before.server == now.server)
            return;
        base::log::warning(
            "a configuration file declares another address for a cluster than before: all replicas "
            "need the same file",
            {{"cluster", now.name}, {"before", before.server}, {"address", now.server}});
    }

    const api::Services& services_;
    std::map<std::string, cluster::Cluster> followed_;
};

api::ReplicaInfo show(const replica::Replica& one) {
    return {.id = one.id,
            .address = one.record.address,
            .certificate = one.record.certificate,
            .proven = one.proven,
            .version = one.record.version,
            .since_ms = one.record.since_ms,
            .revision = one.record.applied,
            .behind = one.behind,
            .self = one.self,
            .leads = one.leads};
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> open_replica(const Settings& settings,
                                                    store::StoreOptions copy) {
    auto data = std::make_unique<DataDirectory>(*copy.clock);
    data->path = copy.directory;
    SNAPGATE_ASSIGN(replica::Options options, replica_options(settings, std::move(copy)));
    SNAPGATE_ASSIGN(auto opened, replica::ReplicaStore::open(std::move(options)));
    data->replica = opened.get();
    data->store = std::move(opened);
    if (std::string earlier = data->replica->earlier_token_key(); earlier.empty()) {
        data->signer.emplace(data->replica->token_key());
    } else {
        data->signer.emplace(data->replica->token_key(), query::TokenSigner(std::move(earlier)));
    }
    data->replica->tell_of_records([&all = *data](const auto& changed) {
        const store::ReadView view = all.store->read();
        for (const auto& read : {all.keys.reload(view, changed), all.projects.reload(view, changed),
                                 all.clusters.reload(view, changed)}) {
            if (!read)
                base::log::error("cannot read the registry", {{"error", read.error().message}});
        }
    });
    SNAPGATE_TRY(read_tables(*data));
    SNAPGATE_TRY(settle_first_key(*data));
    if (data->keys.keys()->empty()) {
        return Error(Code::kCorrupt,
                     "etcd holds projects or clusters, but no key that opens them: "
                     "restore a backup of etcd");
    }
    return data;
}

void serve_as_replica(DataDirectory& data, api::Services& services) {
    if (data.replica == nullptr) return;
    services.list_replicas = [&replica = *data.replica](auto listed) {
        replica.list_replicas(
            [listed = std::move(listed)](const Result<std::vector<replica::Replica>>& all) {
                if (!all) return listed(all.error());
                std::vector<api::ReplicaInfo> shown;
                for (const replica::Replica& one : *all) shown.push_back(show(one));
                listed(std::move(shown));
            });
    };
    services.peers = std::make_shared<api::ReplicaPeers>(services.list_replicas);
    auto connected = std::make_shared<ConnectedClusters>(services);
    data.replica->tell_of_records([&services, connected](const auto& changed) {
        if (auto read = services.reload_registry(changed); !read)
            base::log::error("cannot read the registry", {{"error", read.error().message}});
        connected->follow(changed);
    });
    data.replica->tell_of_names(
        [&mirrors = services.mirrors](model::ClusterNumber mirror) { mirrors.take_name(mirror); });
    // What was read until now has no sessions in it.
    data.replica->write(
        store::Priority::kRequest, [](store::WriteTxn&) -> Result<void> { return {}; },
        [&services](const Result<void>& result) {
            const auto read = result ? services.reload_registry() : result;
            if (!read)
                base::log::error("cannot read the registry", {{"error", read.error().message}});
        });
}

}  // namespace snapgate::app
