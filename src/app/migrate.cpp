#include "app/migrate.h"

#include <fmt/format.h>

#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "app/backup.h"
#include "app/replica_options.h"
#include "app/stopped_directory.h"
#include "base/clock.h"
#include "base/secret_file.h"
#include "cluster/registry.h"
#include "connect/credentials.h"
#include "json/object.h"
#include "replica/move_in.h"
#include "replica/move_out.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view kMovedMark = "moved-to-etcd";

// The numbers of the mirrors, of which each replica makes its own. kForbidden if the secret does
// not open the credentials of one.
Result<std::set<model::ClusterNumber>> find_mirrors(const cluster::ClusterTable::Rows& clusters,
                                                    const std::string& secret) {
    const connect::CredentialSealer sealer(secret);
    std::set<model::ClusterNumber> mirrors;
    for (const auto& [uid, cluster] : clusters) {
        if (!cluster.connected()) continue;
        for (const model::ClusterNumber number : cluster.numbers()) mirrors.insert(number);
        if (cluster.sealed.empty() || sealer.open(uid, cluster.sealed)) continue;
        return Error(Code::kForbidden,
                     fmt::format("the credentials of the cluster {} were sealed with another "
                                 "secret: give the one of the server that worked here "
                                 "(SNAPGATE_CREDENTIALS_KEY, or --credentials-key-file)",
                                 cluster.name));
    }
    return mirrors;
}

Result<void> check_named(const Settings& settings) {
    if (!settings.replicates())
        return Error(Code::kInvalidParameter, "etcd: name the members of etcd with --etcd", "etcd");
    if (settings.given.contains("data-dir")) return {};
    return Error(Code::kInvalidParameter, "data-dir: name the data directory with --data-dir",
                 "data-dir");
}

}  // namespace

Result<void> check_not_moved(const fs::path& data_dir) {
    const fs::path mark = data_dir / kMovedMark;
    std::error_code failed;
    if (!fs::exists(fs::symlink_status(mark, failed))) return {};
    return Error(Code::kConflict,
                 fmt::format("what the data directory {} holds was moved into etcd: start the "
                             "server with --etcd and an empty data directory. To go on here as it "
                             "was then, without what was written there, remove {}",
                             data_dir.string(), mark.string()));
}

Result<Migrated> migrate_to_etcd(const Settings& settings, const MigrateProgress& told) {
    SNAPGATE_TRY(check_named(settings));
    SNAPGATE_ASSIGN(const auto data, open_stopped(settings.data_dir));
    if (data->keys.keys()->empty()) {
        return Error(Code::kInvalidParameter,
                     fmt::format("the data directory {} holds no key yet, and nothing to move",
                                 settings.data_dir.string()));
    }
    // As a start of this version's server would.
    if (!cluster::has_all_kinds(*data->clusters.snapshot())) {
        SNAPGATE_TRY(data->store->write_and_wait(store::Priority::kRequest, cluster::number_kinds));
        SNAPGATE_TRY(reload(*data));
    }
    SNAPGATE_ASSIGN(const replica::Options options, replica_options(settings, {}));
    Migrated done{.projects = data->projects.snapshot()->size(),
                  .clusters = data->clusters.snapshot()->size(),
                  .keys = data->keys.keys()->size()};
    SNAPGATE_ASSIGN(std::string token_key, read_token_key(data->path));
    SNAPGATE_ASSIGN(auto mirrors, find_mirrors(*data->clusters.snapshot(), options.secret));
    const replica::MoveSource source{
        .store = *data->store, .mirrors = std::move(mirrors), .token_key = std::move(token_key)};
    SNAPGATE_ASSIGN(const replica::MovedIn moved,
                    replica::move_in(source, options, [&told](uint64_t objects) {
                        told("Moving into etcd", objects);
                    }));
    done.objects = moved.objects;
    done.before = moved.before;
    SNAPGATE_TRY(base::write_secret(
        data->path / kMovedMark,
        fmt::format("{} below {}/ of {}\n", base::format_rfc3339(base::system_clock().now_ms()),
                    settings.etcd.prefix, settings.given.at("etcd"))));
    return done;
}

Result<Migrated> migrate_to_directory(const Settings& settings, const MigrateProgress& told) {
    SNAPGATE_TRY(check_named(settings));
    const fs::path& directory = settings.data_dir;
    SNAPGATE_TRY(check_free(directory));
    store::StoreOptions copy;
    copy.directory = directory.has_filename() ? directory : directory.parent_path();
    copy.directory += ".migrating";
    copy.derive_facts = json::derive_facts;
    copy.background_compaction = false;
    const auto remove_copy = [&] {
        std::error_code ignored;
        fs::remove_all(copy.directory, ignored);
    };
    // Of a run that was cut off.
    remove_copy();
    const std::shared_ptr<void> removed(nullptr, [&](void*) { remove_copy(); });
    SNAPGATE_ASSIGN(const replica::Options options, replica_options(settings, copy));
    Migrated done;
    SNAPGATE_ASSIGN(replica::MovedOut moved, replica::move_out(options, [&](uint64_t objects) {
                        done.objects = objects;
                        told("Reading from etcd", objects);
                    }));
    SNAPGATE_ASSIGN(const auto records, moved.copy->read().records(store::RecordType::kProject));
    done.projects = records.size();
    SNAPGATE_ASSIGN(const auto clusters, moved.copy->read().records(store::RecordType::kCluster));
    done.clusters = clusters.size();
    SNAPGATE_ASSIGN(const auto backup, moved.copy->back_up({token_key_file(moved.token_key)}));
    std::string piece;
    bool more = true;
    const auto next_piece = [&]() -> Result<std::string_view> {
        piece.clear();
        while (more && piece.empty()) {
            SNAPGATE_ASSIGN(more, backup->next(piece));
        }
        told("Writing the data directory", done.objects);
        return std::string_view(piece);
    };
    const RestoreChoices choices{.without_keys = false, .of_copy = true, .above = moved.newest};
    SNAPGATE_ASSIGN(const RestoredDirectory restored,
                    restore_directory(directory, choices, next_piece));
    done.keys = restored.keys.size();
    return done;
}

}  // namespace snapgate::app
