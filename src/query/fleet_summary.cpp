#include "query/fleet_summary.h"

#include <algorithm>
#include <tuple>

#include "query/cause_of.h"

namespace snapgate::query {

using base::Result;

FleetSummary::FleetSummary(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                           FleetRequest request, Join join)
    : request_(std::move(request)),
      join_(join),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters, kinds_of(join)),
      walk_(FleetWalk::Needs::kFacts, join),
      by_cluster_(listing_.clusters().size()) {}

Result<FleetSummary> FleetSummary::plan(const ListContext& context, const store::ReadView& view,
                                        std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                        facts::Seconds now, Join join) {
    FleetSummary summary(context, std::move(fleet), std::move(request), join);
    SNAPGATE_TRY(summary.listing_.begin(view, {}, now));
    summary.summer_.emplace(summary.first_day());
    return summary;
}

Result<bool> FleetSummary::step(const store::ReadView& view) {
    SNAPGATE_ASSIGN(const bool done,
                    walk_.step(
                        view, listing_, request_.filter,
                        [this](const FleetRow& row) {
                            add(row);
                            return Result<store::Step>(store::Step::kOn);
                        },
                        [this](size_t cluster, const std::shared_ptr<const FactsBlock>& block) {
                            return Result<size_t>(add_block(cluster, block));
                        }));
    if (!done) return false;
    leave_cluster();
    SNAPGATE_TRY(end(view));
    return true;
}

size_t FleetSummary::add_block(size_t cluster, const std::shared_ptr<const FactsBlock>& block) {
    if (!request_.filter.everything()) return 0;
    const SummarySource source(block, walk_.joined(), first_day());
    const model::ClusterNumber number = listing_.clusters()[cluster]->number;
    const auto known = listing_.context().index->summaries.find(number, join_, source);
    if (known) {
        add(cluster, *known);
        return 1 + known->days.size() + known->causes.size();
    }
    leave_cluster();
    keep_ = Keep{cluster, source, block->rows()};
    return 0;
}

void FleetSummary::add(const FleetRow& row) {
    if (row.cluster != cluster_) leave_cluster();
    cluster_ = row.cluster;
    revision_ = walk_.revision();
    summer_->add(row);
}

void FleetSummary::leave_cluster() {
    if (!cluster_) return;
    const auto sum = std::make_shared<const ClusterSummary>(summer_->finish(revision_));
    add(*cluster_, *sum);
    // A cluster that was deleted in the middle has shown a part of its rows.
    if (keep_ && keep_->cluster == *cluster_ && keep_->rows == sum->numbers.total) {
        listing_.context().index->summaries.keep(listing_.clusters()[*cluster_]->number, join_,
                                                 keep_->source, sum);
    }
    cluster_.reset();
    keep_.reset();
}

void FleetSummary::add(size_t cluster, const ClusterSummary& sum) {
    Numbers& numbers = by_cluster_[cluster];
    numbers.add(sum.numbers);
    numbers.stuck += sum.stuck(listing_.now());
    for (size_t i = 0; i < by_consistency_.size(); ++i)
        by_consistency_.at(i) += sum.by_consistency.at(i);
    for (const ClusterSummary::Day& day : sum.days) {
        Day& all = days_.at(day.index);
        all.created += day.counts.created;
        all.succeeded += day.counts.succeeded;
        all.failed += day.counts.failed;
    }
    for (const ClusterSummary::Cause& cause : sum.causes) add(cluster, sum, cause);
}

void FleetSummary::add(size_t cluster, const ClusterSummary& sum,
                       const ClusterSummary::Cause& cause) {
    auto found = classes_.find(cause.cause_class);
    if (found == classes_.end()) {
        if (classes_.size() >= ClusterSummer::kMostClasses) return;
        found = classes_.emplace(cause.cause_class, Count()).first;
        found->second.cluster = cluster;
        found->second.revision = sum.revision;
        found->second.example = cause.example;
        found->second.sentence = cause.sentence;
    }
    Count& count = found->second;
    count.count += cause.count;
    count.vms += cause.vms;
    ++count.clusters;
}

facts::Seconds FleetSummary::first_day() const {
    const facts::Seconds today = listing_.now() / SnapshotDay::kSeconds * SnapshotDay::kSeconds;
    return today - (kDays - 1) * SnapshotDay::kSeconds;
}

FleetSummary::Numbers FleetSummary::numbers() const {
    Numbers sum;
    for (const Numbers& numbers : by_cluster_) sum.add(numbers);
    return sum;
}

std::vector<FleetSummary::Project> FleetSummary::by_project() const {
    std::map<std::string_view, Project> projects;
    for (size_t i = 0; i < by_cluster_.size(); ++i) {
        const FleetCluster& cluster = *listing_.clusters()[i];
        Project& project = projects[cluster.project_uid];
        project.uid = cluster.project_uid;
        project.name = cluster.project_name;
        project.numbers.add(by_cluster_[i]);
    }
    std::vector<Project> out;
    out.reserve(projects.size());
    for (auto& [uid, project] : projects) out.push_back(std::move(project));
    std::ranges::sort(out, [](const Project& a, const Project& b) {
        return std::tie(a.name, a.uid) < std::tie(b.name, b.uid);
    });
    return out;
}

Result<void> FleetSummary::end(const store::ReadView& view) {
    std::vector<std::pair<std::string_view, const Count*>> ranked;
    ranked.reserve(classes_.size());
    for (const auto& [text, count] : classes_) ranked.emplace_back(text, &count);
    std::ranges::sort(ranked, [](const auto& a, const auto& b) {
        return std::tie(b.second->count, a.first) < std::tie(a.second->count, b.first);
    });
    if (ranked.size() > kShownCauses) ranked.resize(kShownCauses);
    for (const auto& [text, count] : ranked) {
        Cause& cause = causes_.emplace_back();
        cause.cause_class = text;
        cause.count = count->count;
        cause.vms = count->vms;
        cause.clusters = count->clusters;
        cause.example = count->sentence;
        if (!cause.example.empty()) continue;
        SNAPGATE_ASSIGN(cause.example, cause_of(view, listing_.clusters()[count->cluster]->number,
                                                count->example, count->revision));
    }
    return {};
}

}  // namespace snapgate::query
