#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/limits.h"
#include "remote/api.h"
#include "remote/resolve.h"

namespace snapgate::cli {

// What `-o name` prints before a snapshot's name, as kubectl does.
inline constexpr std::string_view kSnapshotResource =
    "virtualmachinesnapshot.snapshot.kubevirt.io/";

// What a list or a watch may hold for one object, with what is put around it.
inline constexpr size_t kMostItemBytes = 2 * json::kMaxObjectBytes;

// One snapshot as the command line names it.
struct SnapshotRef {
    Named cluster;
    std::string ns;
    std::string name;
    std::string vm;  // the VM that it must be of; "" for any

    std::string text() const;  // payments/db-01-nightly
};

// Paths on the Kubernetes side; `ns` may be empty for all namespaces.
std::string kube_collection(std::string_view cluster_uid, std::string_view ns);
std::string kube_object(const SnapshotRef& snapshot);
// Path and query on the Palette side; `name` may be empty for the collection of a VM.
std::string palette_snapshot(std::string_view cluster_uid, std::string_view vm,
                             std::string_view name, std::string_view ns);

// A snapshot in the form that Kubernetes gives it, and the answer that it came in.
struct ReadSnapshot {
    json::Object object;
    net::ClientResponse response;
};

// Reads a snapshot by its name alone. kRefused if it is not there, or is of another VM than `vm`.
Outcome<ReadSnapshot> read_snapshot(Api& api, const SnapshotRef& snapshot);

}  // namespace snapgate::cli
