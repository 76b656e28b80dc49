#include "app/data_directory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "app/migrate.h"
#include "base/crypto.h"
#include "base/secret_file.h"

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

}  // namespace

Result<void> require_data_directory(const fs::path& directory) {
    std::error_code failed;
    if (fs::exists(directory / "store" / "data.mdb", failed) ||
        !files_of_a_life(directory, {}).empty())
        return {};
    return Error(Code::kInvalidParameter,
                 fmt::format("{} is not a data directory of snapgate", directory.string()));
}

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

Result<void> begin_if_new(DataDirectory& data) {
    return is_new(data) ? make_first(data) : Result<void>();
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open_as_it_is(
    store::StoreOptions options, const std::vector<fs::path>& given) {
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

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const store::StoreOptions& options,
                                                           const std::vector<fs::path>& given) {
    SNAPGATE_TRY(check_not_moved(options.directory));
    SNAPGATE_ASSIGN(auto data, open_as_it_is(options, given));
    SNAPGATE_TRY(begin_if_new(*data));
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

}  // namespace snapgate::app
