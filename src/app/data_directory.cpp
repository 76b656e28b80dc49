#include "app/data_directory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "app/migrate.h"
#include "audit/action.h"
#include "base/crypto.h"
#include "base/secret_file.h"
#include "model/names.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

// Files that a server leaves beside its store, and never before the store exists.
constexpr std::array kFilesOfALife = {"admin.key", "token.key", "ca.crt",
                                      "ca.key",    "tls.crt",   "tls.key"};
constexpr std::string_view kBackupPrefix = "backup-format-";

// The names of such files in the directory; links that lead nowhere count, too.
std::vector<std::string> files_of_a_life(const fs::path& directory,
                                         const std::vector<fs::path>& given) {
    std::vector<std::string> found;
    std::error_code failed;
    for (const char* name : kFilesOfALife) {
        const fs::path file = directory / name;
        const auto same = [&](const fs::path& other) {
            return fs::equivalent(file, other, failed);
        };
        if (fs::exists(fs::symlink_status(file, failed)) && std::ranges::none_of(given, same))
            found.emplace_back(name);
    }
    for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::string name = entry->path().filename().string();
        if (name.starts_with(kBackupPrefix)) found.push_back(std::move(name));
    }
    return found;
}

Error lost_store(const fs::path& directory, const std::vector<std::string>& files,
                 std::string_view how) {
    const std::string names = fmt::format("{}", fmt::join(files, ", "));
    return {Code::kNotFound,
            fmt::format("the data directory {} holds {} of an earlier server, but its store {}: "
                        "bring the store back (mount its volume, or restore a backup), or move {} "
                        "elsewhere to begin with an empty one",
                        directory.string(), names, how, names)};
}

Result<std::unique_ptr<DataDirectory>> open_parts(store::StoreOptions options,
                                                  const std::vector<fs::path>& given) {
    auto data = std::make_unique<DataDirectory>(*options.clock);
    data->path = options.directory;
    const std::vector<std::string> files = files_of_a_life(data->path, given);
    options.create &= files.empty();
    auto opened = store::Store::open(options);
    if (!opened && opened.error().code == Code::kNotFound && !files.empty())
        return lost_store(data->path, files, opened.error().message);
    if (!opened) return std::move(opened).error();
    data->store = std::move(*opened);
    SNAPGATE_ASSIGN(const auto copies, data->store->read().records(store::RecordType::kCopy));
    if (!copies.empty()) {
        return Error(Code::kConflict,
                     fmt::format("the data directory {} holds the copy of a server with --etcd: "
                                 "start it with --etcd, or give another data directory",
                                 data->path.string()));
    }
    SNAPGATE_ASSIGN(data->signer, query::TokenSigner::open(data->path / "token.key"));
    SNAPGATE_TRY(reload(*data));
    return data;
}

bool is_new(const DataDirectory& data) {
    return data.keys.keys()->empty() && data.projects.snapshot()->empty() &&
           data.clusters.snapshot()->empty();
}

// The writes of the first start. The key's file is written before the store: a key that is only in
// the store would be lost, while the next start puts a key that is only in the file into the store.
Result<void> make_first(DataDirectory& data) {
    SNAPGATE_ASSIGN(const access::NewKey admin,
                    first_admin_key(data.admin_key_file(), data.store->now_ms()));
    const access::Project project{base::random_uid(), std::string(access::kDefaultProject)};
    SNAPGATE_TRY(data.store->write_and_wait(store::Priority::kRequest,
                                            [&](store::WriteTxn& txn) -> Result<void> {
                                                SNAPGATE_TRY(access::create_project(txn, project));
                                                return access::create_key(txn, admin.key);
                                            }));
    data.first_start = true;
    return reload(data);
}

// kInvalidParameter if no server ever left anything in `directory`.
Result<void> check_is_data_directory(const fs::path& directory) {
    std::error_code failed;
    if (fs::exists(directory / "store" / "data.mdb", failed) ||
        !files_of_a_life(directory, {}).empty())
        return {};
    return Error(Code::kInvalidParameter,
                 fmt::format("{} is not a data directory of snapgate", directory.string()));
}

}  // namespace

Result<void> reload(DataDirectory& data) {
    store::ReadView view = data.store->read();
    SNAPGATE_TRY(data.projects.reload(view));
    SNAPGATE_TRY(data.clusters.reload(view));
    return data.keys.reload(view);
}

Result<access::NewKey> first_admin_key(const fs::path& file, int64_t now_ms) {
    access::NewKey made = access::make_key("admin", access::Role::kAdmin, "", now_ms, std::nullopt);
    SNAPGATE_ASSIGN(const bool ours, base::make_secret(file, made.text + "\n"));
    if (ours) return made;
    SNAPGATE_ASSIGN(std::string text, base::read_secret(file, made.text.size() + 1));
    text.pop_back();
    auto there = access::key_of_text(std::move(text), "admin", access::Role::kAdmin, "", now_ms,
                                     std::nullopt);
    if (there) return std::move(*there);
    return Error(Code::kCorrupt,
                 fmt::format("{} holds no API key: move it elsewhere to have a new one made",
                             file.string()));
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const store::StoreOptions& options,
                                                           const std::vector<fs::path>& given) {
    SNAPGATE_TRY(check_not_moved(options.directory));
    SNAPGATE_ASSIGN(auto data, open_parts(options, given));
    if (is_new(*data)) SNAPGATE_TRY(make_first(*data));
    if (!cluster::has_all_kinds(*data->clusters.snapshot())) {
        SNAPGATE_TRY(data->store->write_and_wait(store::Priority::kRequest, cluster::number_kinds));
        SNAPGATE_TRY(reload(*data));
    }
    if (data->keys.keys()->empty()) {
        return Error(Code::kCorrupt,
                     fmt::format("the store in {} holds projects or clusters, but no key that "
                                 "opens them: restore a backup, or make a key with `snapgate "
                                 "create key NAME --data-dir {}`",
                                 data->path.string(), data->path.string()));
    }
    return data;
}

namespace {

// The options for the store of a server that is down. kInvalidParameter if this is no data
// directory: a store would be made in it.
Result<store::StoreOptions> options_of_stopped(const fs::path& data_dir) {
    SNAPGATE_TRY(check_is_data_directory(data_dir));
    store::StoreOptions options;
    options.directory = data_dir;
    options.background_compaction = false;
    options.create = false;
    return options;
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> open_stopped(const fs::path& data_dir, Migration migration) {
    SNAPGATE_ASSIGN(store::StoreOptions options, options_of_stopped(data_dir));
    options.migrate = migration == Migration::kMade;
    return open_parts(std::move(options), {});
}

Result<std::pair<uint64_t, uint64_t>> shrink_stopped(const fs::path& data_dir) {
    SNAPGATE_ASSIGN(const store::StoreOptions options, options_of_stopped(data_dir));
    return store::Store::shrink(options);
}

Result<std::string> create_key_offline(const std::filesystem::path& data_dir, std::string_view name,
                                       std::string_view role, std::string_view project,
                                       std::optional<base::Millis> expires) {
    if (!model::is_display_name(name)) {
        return Error(Code::kInvalidParameter,
                     "a key's name is 1 to 128 printable characters without blanks at its ends");
    }
    auto parsed = access::parse_role(role);
    if (!parsed) return Error(Code::kInvalidParameter, parsed.error().message, "role");
    SNAPGATE_ASSIGN(auto data, open_stopped(data_dir));
    if (is_new(*data)) SNAPGATE_TRY(make_first(*data));
    std::string uid;
    if (!project.empty()) {
        auto projects = data->projects.snapshot();
        for (const auto& [other, row] : *projects) {
            if (other == project) uid = other;
            if (uid.empty() && row.name == project) uid = other;
        }
        if (uid.empty())
            return Error(Code::kNotFound, fmt::format("there is no project {}", project));
    }
    int64_t now_ms = data->store->now_ms();
    std::optional<int64_t> expires_ms;
    if (expires) expires_ms = now_ms + expires->count();
    access::NewKey made = access::make_key(std::string(name), *parsed, uid, now_ms, expires_ms);
    // Whoever can write to the directory can do this, so it is the one write of a stopped server
    // with a line. Where no trail is kept the line waits in the store.
    audit::Action action;
    action.actor.name = audit::kOfflineActor;
    action.verb = "create";
    const audit::Object object{.kind = "Key", .name = made.key.name, .id = made.key.id};
    const std::string details = fmt::format(R"("role":"{}")", access::role_name(made.key.role));
    const std::string line = audit::line_of(
        action, object, {.change = audit::Change::kCreated, .details = details}, now_ms);
    SNAPGATE_TRY(data->store->write_and_wait(store::Priority::kRequest,
                                             [&](store::WriteTxn& txn) -> Result<void> {
                                                 SNAPGATE_TRY(access::create_key(txn, made.key));
                                                 return txn.add_audit_line(line);
                                             }));
    return made.text;
}

Result<store::CheckSummary> check_offline(const fs::path& data_dir, const store::FaultSink& tell) {
    // A lock file would be made in any other directory.
    SNAPGATE_TRY(check_is_data_directory(data_dir));
    return store::check_store(data_dir, tell);
}

Result<OfflineRepair> repair_offline(const fs::path& data_dir, const store::FaultSink& tell) {
    SNAPGATE_TRY(check_is_data_directory(data_dir));
    OfflineRepair repair;
    SNAPGATE_ASSIGN(repair.summary, store::repair_store(data_dir, tell));
    if (repair.summary.removed.empty()) return repair;
    SNAPGATE_ASSIGN(const auto data, open_stopped(data_dir));
    std::map<model::ClusterNumber, std::string> names;
    const auto clusters = data->clusters.snapshot();
    for (const auto& [uid, cluster] : *clusters) {
        for (const model::ClusterNumber number : cluster.numbers())
            names[number] = fmt::format("{} ({})", cluster.name, uid);
    }
    for (const store::RemovedObject& one : repair.summary.removed) {
        std::string& cluster = names[one.cluster];
        if (cluster.empty()) cluster = fmt::format("with number {}", one.cluster);
        const bool ns = one.kind == model::Kind::kNamespace;
        repair.removed.push_back({cluster, ns ? fmt::format("namespace {}", one.key.name)
                                              : fmt::format("{}/{}", one.key.ns, one.key.name)});
    }
    return repair;
}

}  // namespace snapgate::app
