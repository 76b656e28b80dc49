#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/annotations.h"
#include "model/types.h"

namespace snapgate::query {

// What stands in place of a cluster's uid for every cluster that the caller may see.
inline constexpr std::string_view kAllClusters = "-";

// A cluster that a caller may see.
struct FleetCluster {
    model::ClusterNumber number = 0;
    std::string uid;
    std::string name;
    std::string project_uid;
    std::string project_name;
    bool connected = false;  // a mirror of a Kubernetes cluster
    // The numbers of its further kinds of objects; see cluster::Cluster.
    std::map<model::Kind, model::ClusterNumber> others;

    // 0 if it has none.
    model::ClusterNumber number_of(model::Kind kind) const {
        if (kind == model::Kind::kSnapshot) return number;
        const auto found = others.find(kind);
        return found == others.end() ? 0 : found->second;
    }
};

// How many snapshots a fleet has at one revision of the store: the sum over its clusters, so that
// not every first page looks at a thousand of them. Any thread.
class FleetCount {
  public:
    std::optional<uint64_t> at(model::Revision revision) const;
    void keep(model::Revision revision, uint64_t count);

  private:
    mutable base::Mutex mutex_;
    model::Revision revision_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    uint64_t count_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

class FleetSpans;

// The spans of the newest state of a fleet that somebody asked for (fleet_spans.h). Any thread.
class KeptSpans {
  public:
    std::shared_ptr<const FleetSpans> newest() const;
    void keep(std::shared_ptr<const FleetSpans> spans);

  private:
    mutable base::Mutex mutex_;
    std::shared_ptr<const FleetSpans> spans_ SNAPGATE_GUARDED_BY(mutex_);
};

// All clusters that a caller may see, by name, then uid: the order of every list of a fleet.
// Immutable but for what it remembers; requests share it.
struct Fleet {
    std::vector<FleetCluster> clusters;
    std::string digest;                         // of their names and uids: equal fleets have one
    std::vector<model::ClusterNumber> numbers;  // of the clusters, ascending
    mutable FleetCount count;
    mutable KeptSpans spans;

    // Sorts the clusters and makes the digest.
    static std::shared_ptr<const Fleet> make(std::vector<FleetCluster> clusters);

    // The cluster of that number; null if there is none.
    const FleetCluster* find(model::ClusterNumber number) const;
    // The digest that the fleet would have with the clusters of smaller numbers than `next` alone.
    std::string digest_below(model::ClusterNumber next) const;
    // Greater than the number of any cluster.
    model::ClusterNumber next_cluster() const { return numbers.empty() ? 0 : numbers.back() + 1; }

  private:
    std::vector<uint32_t> by_number_;  // where the clusters of `numbers` stand
};

// Where an entry of a fleet's list stands: an object, or a VM.
struct FleetPlace {
    std::string cluster_name;
    std::string cluster_uid;
    model::ObjectKey key;

    bool operator==(const FleetPlace&) const = default;
};

}  // namespace snapgate::query
