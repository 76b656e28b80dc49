#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/keys.h"
#include "access/projects.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "query/token_signer.h"
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
//   declared    what the configuration file declared last
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
    // Opens the parts, and changes nothing in the store: a first start is neither begun nor
    // completed. kConflict for the copy of a server whose truth is in etcd.
    static base::Result<std::unique_ptr<DataDirectory>> open_as_it_is(
        store::StoreOptions options, const std::vector<std::filesystem::path>& given = {});
};

// Reads the tables of the registry from the store.
base::Result<void> reload(DataDirectory& data);

// The admin's first key, from `file`: a new key, which is put there first, or the one that a start
// which was cut off left there. kCorrupt if the file holds something else.
base::Result<access::NewKey> first_admin_key(const std::filesystem::path& file, int64_t now_ms);

// What a start makes that finds nothing in the store: the project Default and an admin key.
base::Result<void> begin_if_new(DataDirectory& data);

// kInvalidParameter if no server ever left anything in that directory.
base::Result<void> require_data_directory(const std::filesystem::path& directory);

}  // namespace snapgate::app
