#include "query/fleet_summary.h"

#include <algorithm>
#include <tuple>

#include "query/cause_of.h"

namespace snapgate::query {
namespace {

using base::Result;

constexpr facts::Seconds kDaySeconds = 86'400;

// A sum that is too large, of sizes that somebody made up, stays at the largest number.
void add_to(std::optional<uint64_t>& sum, uint64_t number) {
    const uint64_t before = sum.value_or(0);
    sum = before + std::min(number, UINT64_MAX - before);
}

}  // namespace

void FleetSummary::Numbers::add(const FleetRow& row, facts::Seconds now) {
    const facts::Facts& facts = row.facts;
    ++total;
    if (facts.good()) ++good;
    if (facts.stuck(now)) ++stuck;
    ++by_state.at(static_cast<size_t>(facts.state));
    if (row.bytes) add_to(bytes, *row.bytes);
    if (row.restores) add_to(restored, *row.restores > 0 ? 1 : 0);
}

void FleetSummary::Numbers::add(const Numbers& other) {
    total += other.total;
    good += other.good;
    stuck += other.stuck;
    for (size_t i = 0; i < by_state.size(); ++i) by_state.at(i) += other.by_state.at(i);
    if (other.bytes) add_to(bytes, *other.bytes);
    if (other.restored) add_to(restored, *other.restored);
}

FleetSummary::FleetSummary(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                           FleetRequest request, Join join)
    : request_(std::move(request)),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters, kinds_of(join)),
      walk_(FleetWalk::Needs::kFacts, join),
      by_cluster_(listing_.clusters().size()) {}

Result<FleetSummary> FleetSummary::plan(const ListContext& context, const store::ReadView& view,
                                        std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                        facts::Seconds now, Join join) {
    FleetSummary summary(context, std::move(fleet), std::move(request), join);
    SNAPGATE_TRY(summary.listing_.begin(view, {}, now));
    return summary;
}

Result<bool> FleetSummary::step(const store::ReadView& view) {
    SNAPGATE_ASSIGN(const bool done,
                    walk_.step(view, listing_, request_.filter, [this](const FleetRow& row) {
                        add(row);
                        return Result<store::Step>(store::Step::kOn);
                    }));
    if (!done) return false;
    leave_cluster();
    SNAPGATE_TRY(end(view));
    return true;
}

void FleetSummary::add(const FleetRow& row) {
    if (row.cluster != cluster_) {
        leave_cluster();
        cluster_ = row.cluster;
    }
    const facts::Facts& facts = row.facts;
    by_cluster_[cluster_].add(row, listing_.now());
    ++by_consistency_.at(static_cast<size_t>(facts.consistency));
    add_day(facts.created, &Day::created);
    if (facts.state == facts::State::kSucceeded) add_day(facts.finished, &Day::succeeded);
    if (facts.state == facts::State::kFailed) add_day(facts.finished, &Day::failed);
    if (!facts.cause_class.empty()) add_cause(row);
}

facts::Seconds FleetSummary::first_day() const {
    const facts::Seconds today = listing_.now() / kDaySeconds * kDaySeconds;
    return today - (kDays - 1) * kDaySeconds;
}

void FleetSummary::add_day(facts::Seconds time, uint64_t Day::* member) {
    if (time < first_day()) return;
    const size_t day = (time - first_day()) / kDaySeconds;
    if (day < days_.size()) ++(days_.at(day).*member);
}

void FleetSummary::add_cause(const FleetRow& row) {
    auto found = classes_.find(row.facts.cause_class);
    if (found == classes_.end()) {
        if (classes_.size() >= kMostClasses) return;
        found = classes_.emplace(std::string(row.facts.cause_class), Count()).first;
        found->second.cluster = row.cluster;
        found->second.revision = walk_.revision();
        found->second.example = {std::string(row.ns), std::string(row.name)};
        found->second.sentence = row.facts.cause;
    }
    Count& count = found->second;
    ++count.count;
    if (!count.here) here_.push_back(&count);
    count.here = true;
    if (!row.vm.empty()) count.vms_here.emplace(row.ns, row.vm);
}

void FleetSummary::leave_cluster() {
    for (Count* count : here_) {
        count->vms += count->vms_here.size();
        ++count->clusters;
        count->here = false;
        count->vms_here.clear();
    }
    here_.clear();
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
