#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "access/projects.h"
#include "base/metric_text.h"
#include "cluster/registry.h"

namespace snapgate::cluster {

// Whom values of the metrics are about: each cluster or, where there are more clusters than
// `most_clusters`, each project that has some. So the number of values is bounded whatever is
// registered. Refers to the rows that it is given.
class MetricOwners {
  public:
    struct Owner {
        // project, project_name and, of a cluster, cluster (its uid) and cluster_name.
        base::MetricLabels labels;
        size_t project = 0;  // in projects()
        std::vector<const Cluster*> clusters;
    };

    MetricOwners(const ClusterTable::Rows& clusters, const access::ProjectTable::Rows& projects,
                 size_t most_clusters);

    bool by_cluster() const { return by_cluster_; }
    const std::vector<Owner>& owners() const { return owners_; }
    // The labels of the projects that have clusters.
    const std::vector<base::MetricLabels>& projects() const { return projects_; }
    // The owner of what a cluster has, in owners(); nullopt for a cluster that is not among them.
    std::optional<size_t> of(const std::string& cluster_uid) const;

  private:
    bool by_cluster_;
    std::vector<Owner> owners_;
    std::vector<base::MetricLabels> projects_;
    std::unordered_map<std::string_view, size_t> of_cluster_;  // by its uid
};

}  // namespace snapgate::cluster
