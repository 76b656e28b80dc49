#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "app/data_directory.h"
#include "base/result.h"
#include "model/types.h"
#include "store/backup_stream.h"
#include "store/store.h"

namespace snapgate::app {

// Begins a backup of a data directory: its store, with the hashes of the keys, and token.key. Never
// admin.key, and not the key that seals the credentials of clusters.
base::Result<std::unique_ptr<store::Backup>> begin_backup(const DataDirectory& data);

// The key which signs a data directory's tokens, and as a file of a backup.
base::Result<std::string> read_token_key(const std::filesystem::path& data_dir);
store::BackupFile token_key_file(std::string key);

// Keeps in a data directory when its last backup ended, and reads that; 0: there was none, or it
// cannot be read. Milliseconds since the epoch.
base::Result<void> note_backup(const std::filesystem::path& data_dir, int64_t ended_ms);
int64_t last_backup_ms(const std::filesystem::path& data_dir);

// Follows a backup on its way into a file: sees whether it is whole, and adds to it.
class BackupFollower {
  public:
    // kCorrupt.
    base::Result<void> feed(std::string_view piece) { return reader_.feed(piece); }
    base::Result<void> finish() const { return reader_.finish(); }
    // After finish(): the bytes that add the key that seals credentials.
    std::string with_credentials_key(std::string key);

  private:
    store::BlockReader reader_{
        [](store::BlockType, std::string_view) { return base::Result<void>(); }};
};

struct RestoredKey {
    std::string id;
    std::string name;
    access::Role role = access::Role::kReader;
    std::string project;  // uid; "" for the tenant
};

struct RestoredDirectory {
    int64_t made_ms = 0;  // the time of the backup
    uint64_t clusters = 0;
    uint64_t snapshots = 0;
    std::vector<RestoredKey> keys;  // that the backup has, whether or not they were left out
    std::string credentials_key;    // "" if the backup has none
};

struct RestoreChoices {
    bool without_keys = false;
    // As in store::RestoreOptions.
    bool of_copy = false;
    model::Revision above = 0;
};

// kAlreadyExists unless `directory` does not exist or is empty.
base::Result<void> check_free(const std::filesystem::path& directory);

// Makes the data directory `directory`, which must not exist or be empty, from a backup whose
// pieces `next` returns, the last one empty. It has no admin.key. On an error nothing is left of
// it.
base::Result<RestoredDirectory> restore_directory(
    const std::filesystem::path& directory, const RestoreChoices& choices,
    const std::function<base::Result<std::string_view>()>& next);

}  // namespace snapgate::app
