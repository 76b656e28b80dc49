#include "cluster/metric_owners.h"

namespace snapgate::cluster {

MetricOwners::MetricOwners(const ClusterTable::Rows& clusters,
                           const access::ProjectTable::Rows& projects, size_t most_clusters)
    : by_cluster_(clusters.size() <= most_clusters) {
    std::unordered_map<std::string_view, size_t> of_project;
    for (const auto& [uid, one] : clusters) {
        const auto [place, is_new] = of_project.try_emplace(one.project, projects_.size());
        if (is_new) {
            const auto project = projects.find(one.project);
            const std::string name = project == projects.end() ? "" : project->second.name;
            projects_.emplace_back().add("project", one.project).add("project_name", name);
            if (!by_cluster_) owners_.push_back({projects_.back(), place->second, {}});
        }
        size_t owner = place->second;
        if (by_cluster_) {
            owner = owners_.size();
            base::MetricLabels labels = projects_.at(place->second);
            labels.add("cluster", uid).add("cluster_name", one.name);
            owners_.push_back({std::move(labels), place->second, {}});
        }
        owners_.at(owner).clusters.push_back(&one);
        of_cluster_.emplace(uid, owner);
    }
}

std::optional<size_t> MetricOwners::of(const std::string& cluster_uid) const {
    const auto found = of_cluster_.find(cluster_uid);
    if (found == of_cluster_.end()) return std::nullopt;
    return found->second;
}

}  // namespace snapgate::cluster
