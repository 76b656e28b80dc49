#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/keys.h"
#include "access/projects.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "query/token_signer.h"
#include "store/check.h"
#include "store/store.h"

namespace snapgate::replica {
class ReplicaStore;
}

namespace snapgate::app {

// A server's open data directory: the store, and the values that are read from it at the start. It
// is locked while this exists.
//   store/      the objects and the registry
//   token.key   signs continue tokens
//   admin.key   the first admin's key
//   ca.crt, ca.key, tls.crt, tls.key   with --tls-self-signed
struct DataDirectory {
    explicit DataDirectory(const base::Clock& clock) : keys(clock) {}

    std::filesystem::path path;
    std::optional<query::TokenSigner> signer;
    access::KeyRing keys;
    access::ProjectTable projects;
    cluster::ClusterTable clusters;
    // Ends first: until then it tells of damage, in the words of the tables.
    std::unique_ptr<store::Store> store;
    replica::ReplicaStore* replica = nullptr;  // the store, where it is one (replicated.h)
    bool first_start = false;  // this open made the project Default and the key in admin.key

    std::filesystem::path admin_key_file() const { return path / "admin.key"; }

    // On the first start makes the directory (0700), the project Default and an admin key; also
    // completes a first start that was cut off. kNotFound if the directory has files of an earlier
    // server but no store, or an empty one, for example because a volume is not mounted. No key is
    // ever overwritten. `given`: files that may be in the directory before the first start.
    static base::Result<std::unique_ptr<DataDirectory>> open(
        const store::StoreOptions& options, const std::vector<std::filesystem::path>& given = {});
};

// Reads the tables of the registry from the store.
base::Result<void> reload(DataDirectory& data);

// The admin's first key, from `file`: a new key, which is put there first, or the one that a start
// which was cut off left there. kCorrupt if the file holds something else.
base::Result<access::NewKey> first_admin_key(const std::filesystem::path& file, int64_t now_ms);

// What becomes of a store of an earlier version.
enum class Migration { kMade, kRefused };

// Opens the data directory of a server that is down, as it is. kInvalidParameter if it is none,
// kUnavailable if it is in use, or its store would have to be migrated and may not be.
base::Result<std::unique_ptr<DataDirectory>> open_stopped(const std::filesystem::path& data_dir,
                                                          Migration migration = Migration::kMade);

// Writes the data file of a server that is down anew, without its free pages. Returns the bytes
// before and after. Errors as open_stopped(), and kStorageFull.
base::Result<std::pair<uint64_t, uint64_t>> shrink_stopped(const std::filesystem::path& data_dir);

// Makes a key while no server runs, for an admin who lost the last key. `project` is a uid or a
// name, "" for the tenant. Returns the key's text. kUnavailable if the directory is in use.
base::Result<std::string> create_key_offline(const std::filesystem::path& data_dir,
                                             std::string_view name, std::string_view role,
                                             std::string_view project,
                                             std::optional<base::Millis> expires);

// Checks the store while no server runs, as store::check_store. kInvalidParameter if no server ever
// left anything in `data_dir`.
base::Result<store::CheckSummary> check_offline(const std::filesystem::path& data_dir,
                                                const store::FaultSink& tell);

// An object that a repair removed from the store.
struct RemovedObject {
    std::string cluster;  // its name and uid
    std::string what;     // namespace/name, or the namespace that it was
};

struct OfflineRepair {
    store::RepairSummary summary;
    std::vector<RemovedObject> removed;
};

// Repairs the store while no server runs, as store::repair_store. Errors as check_offline().
base::Result<OfflineRepair> repair_offline(const std::filesystem::path& data_dir,
                                           const store::FaultSink& tell);

}  // namespace snapgate::app
