#pragma once

#include <memory>

#include "app/data_directory.h"
#include "app/settings.h"
#include "base/result.h"

namespace snapgate::api {
struct Services;
}

namespace snapgate::app {

// The data directory of a server whose truth is in etcd (Settings::etcd): opens the copy, and waits
// until it is complete. The replica that finds no key there makes the project Default and the first
// key, and alone writes admin.key. kUnavailable without etcd; else as ReplicaStore::open().
base::Result<std::unique_ptr<DataDirectory>> open_replica(const Settings& settings,
                                                          store::StoreOptions copy);

// Has the tables of the registry, and who works with them, follow what the replicas write, the
// mirrors follow the clusters that are connected, and the API list the replicas. Does nothing for a
// server whose truth is in its store. `services` works until the store is closed.
void serve_as_replica(DataDirectory& data, api::Services& services);

}  // namespace snapgate::app
