#include "app/backup.h"

#include <fmt/format.h>

#include <utility>

#include "access/keys.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "base/secret_file.h"
#include "base/sync_folder.h"
#include "store/restore.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view kTokenKey = "token.key";
constexpr std::string_view kCredentialsKey = "credentials.key";
constexpr std::string_view kLastBackup = "last-backup";
constexpr size_t kTokenKeyBytes = 32;

Error cannot(std::string_view what, const fs::path& path, const std::error_code& why) {
    return {Code::kUnavailable,
            fmt::format("cannot {} {}: {}", what, path.string(), why.message())};
}

// Reads the backup into `folder`, which exists.
Result<RestoredDirectory> restore_into(const fs::path& folder, const RestoreChoices& choices,
                                       const std::function<Result<std::string_view>()>& next) {
    RestoredDirectory out;
    Result<void> parsed;
    store::RestoreOptions options;
    options.directory = folder;
    options.now_ms = base::system_clock().now_ms();
    options.of_copy = choices.of_copy;
    options.above = choices.above;
    options.keep_record = [&](store::RecordType type, std::string_view id, std::string_view value) {
        if (type != access::Key::kType) return true;
        auto key = access::Key::parse(id, value);
        if (key) {
            out.keys.push_back({key->id, key->name, key->role, key->project});
        } else {
            parsed = key.error();
        }
        return !choices.without_keys;
    };
    SNAPGATE_ASSIGN(store::Restored restored, store::restore_store(options, next));
    SNAPGATE_TRY(parsed);
    out.made_ms = restored.made_ms;
    out.clusters = restored.clusters;
    out.snapshots = restored.snapshots;
    for (store::BackupFile& file : restored.files) {
        if (file.name == kTokenKey && file.content.size() == kTokenKeyBytes)
            SNAPGATE_TRY(base::write_secret(folder / kTokenKey, file.content));
        if (file.name == kCredentialsKey) out.credentials_key = std::move(file.content);
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<store::Backup>> begin_backup(const DataDirectory& data) {
    // It says how a truth that is elsewhere is backed up.
    if (data.replica != nullptr) return data.store->back_up({});
    SNAPGATE_ASSIGN(std::string token_key, read_token_key(data.path));
    return data.store->back_up({token_key_file(std::move(token_key))});
}

Result<std::string> read_token_key(const fs::path& data_dir) {
    return base::read_secret(data_dir / kTokenKey, kTokenKeyBytes);
}

store::BackupFile token_key_file(std::string key) {
    return {std::string(kTokenKey), std::move(key)};
}

Result<void> note_backup(const fs::path& data_dir, int64_t ended_ms) {
    return base::write_secret(data_dir / kLastBackup, base::format_rfc3339(ended_ms) + "\n");
}

int64_t last_backup_ms(const fs::path& data_dir) {
    constexpr size_t kMostBytes = 64;
    const auto text = base::read_file(data_dir / kLastBackup, kMostBytes);
    if (!text) return 0;
    const std::string_view line(*text);
    return base::parse_rfc3339(line.substr(0, line.find('\n'))).value_or(0);
}

std::string BackupFollower::with_credentials_key(std::string key) {
    store::BlockWriter writer;
    writer.follow(reader_.checksum());
    std::string out;
    store::add_file(writer, {std::string(kCredentialsKey), std::move(key)}, out);
    return out;
}

Result<void> check_free(const fs::path& directory) {
    std::error_code failed;
    const fs::file_status status = fs::symlink_status(directory, failed);
    if (!fs::exists(status)) return {};
    if (fs::is_directory(status) && fs::is_empty(directory, failed) && !failed) return {};
    return Error(Code::kAlreadyExists,
                 fmt::format("{} is there already, and nothing is restored over what is there: "
                             "name a directory that does not exist",
                             directory.string()));
}

Result<RestoredDirectory> restore_directory(const fs::path& directory,
                                            const RestoreChoices& choices,
                                            const std::function<Result<std::string_view>()>& next) {
    SNAPGATE_TRY(check_free(directory));
    // Beside its place, so that a restore that is cut off leaves no directory that looks whole. A
    // path that ends with a slash names no file: what is put behind it would be within.
    fs::path unfinished = directory.has_filename() ? directory : directory.parent_path();
    unfinished += ".restoring";
    std::error_code failed;
    fs::remove_all(unfinished, failed);
    if (!failed) fs::create_directories(unfinished, failed);
    if (!failed) fs::permissions(unfinished, fs::perms::owner_all, failed);
    if (failed) return cannot("make", unfinished, failed);
    auto restored = restore_into(unfinished, choices, next);
    if (restored) {
        fs::remove(directory, failed);  // an empty one
        if (!failed) fs::rename(unfinished, directory, failed);
        if (!failed) {
            SNAPGATE_TRY(base::sync_folder(directory.parent_path()));
            return restored;
        }
        restored = cannot("make", directory, failed);
    }
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    return restored;
}

}  // namespace snapgate::app
