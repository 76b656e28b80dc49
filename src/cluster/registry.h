#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::cluster {

// A cluster as the registry knows it. Hosted ones live in our own store.
struct Cluster {
    static constexpr store::RecordType kType = store::RecordType::kCluster;

    std::string uid;
    std::string name;
    std::string project;  // uid of its project
    model::ClusterNumber number = 0;

    static base::Result<Cluster> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ClusterTable = store::RecordTable<Cluster>;

// Within a write: makes a hosted cluster with its number and its namespace `default`, and returns
// it. kAlreadyExists if the uid or the name is taken, kNotFound if the project is not there.
base::Result<Cluster> create_hosted(store::WriteTxn& txn, Cluster cluster, int64_t now_ms);

// kNotFound; kConflict if it holds snapshots, unless `force`. Its objects are gone at once.
base::Result<void> delete_cluster(store::WriteTxn& txn, std::string_view uid, bool force);

// Deletes a project. kConflict if it holds clusters or keys, unless `force`, which deletes them
// too.
base::Result<void> delete_project(store::WriteTxn& txn, const std::string& uid, bool force);

// The error for a cluster that does not exist, is malformed or is not to be seen: the same for all,
// so that nobody learns what exists.
base::Error no_such_cluster(std::string_view uid);

}  // namespace snapgate::cluster
