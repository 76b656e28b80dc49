#include "query/cluster_summary.h"

#include <algorithm>
#include <utility>

#include "query/fleet_walk.h"

namespace snapgate::query {
namespace {

// A sum that is too large, of sizes that somebody made up, stays at the largest number.
void add_to(std::optional<uint64_t>& sum, uint64_t number) {
    const uint64_t before = sum.value_or(0);
    sum = before + std::min(number, UINT64_MAX - before);
}

}  // namespace

void SnapshotNumbers::add(const FleetRow& row) {
    ++total;
    if (row.facts.good()) ++good;
    ++by_state.at(static_cast<size_t>(row.facts.state));
    if (row.bytes) add_to(bytes, *row.bytes);
    if (row.restores) add_to(restored, *row.restores > 0 ? 1 : 0);
}

void SnapshotNumbers::add(const SnapshotNumbers& other) {
    total += other.total;
    good += other.good;
    stuck += other.stuck;
    for (size_t i = 0; i < by_state.size(); ++i) by_state.at(i) += other.by_state.at(i);
    if (other.bytes) add_to(bytes, *other.bytes);
    if (other.restored) add_to(restored, *other.restored);
}

uint64_t ClusterSummary::stuck(facts::Seconds now) const {
    return static_cast<uint64_t>(std::ranges::upper_bound(stuck_at, now) - stuck_at.begin());
}

void ClusterSummer::add(const FleetRow& row) {
    const facts::Facts& facts = row.facts;
    sum_.numbers.add(row);
    if (facts.stuck_at != 0) sum_.stuck_at.push_back(facts.stuck_at);
    ++sum_.by_consistency.at(static_cast<size_t>(facts.consistency));
    add_day(facts.created, &SnapshotDay::created);
    if (facts.state == facts::State::kSucceeded) add_day(facts.finished, &SnapshotDay::succeeded);
    if (facts.state == facts::State::kFailed) add_day(facts.finished, &SnapshotDay::failed);
    if (!facts.cause_class.empty()) add_cause(row);
}

void ClusterSummer::add_day(facts::Seconds time, uint64_t SnapshotDay::* member) {
    if (time < first_day_) return;
    const size_t day = (time - first_day_) / SnapshotDay::kSeconds;
    if (day < days_.size()) ++(days_.at(day).*member);
}

void ClusterSummer::add_cause(const FleetRow& row) {
    auto found = classes_.find(row.facts.cause_class);
    if (found == classes_.end()) {
        if (classes_.size() >= kMostClasses) return;
        found = classes_.emplace(std::string(row.facts.cause_class), Count()).first;
        found->second.example = {std::string(row.ns), std::string(row.name)};
        found->second.sentence = row.facts.cause;
    }
    Count& count = found->second;
    ++count.count;
    if (!row.vm.empty()) count.vms.emplace(row.ns, row.vm);
}

ClusterSummary ClusterSummer::finish(model::Revision revision) {
    ClusterSummary sum = std::exchange(sum_, {});
    sum.revision = revision;
    std::ranges::sort(sum.stuck_at);
    sum.stuck_at.shrink_to_fit();
    for (size_t i = 0; i < days_.size(); ++i) {
        const SnapshotDay& day = days_.at(i);
        if (day.created + day.succeeded + day.failed > 0) sum.days.push_back({i, day});
    }
    sum.days.shrink_to_fit();
    days_ = {};
    sum.causes.reserve(classes_.size());
    for (auto& [text, count] : classes_) {
        sum.causes.push_back({text, count.count, count.vms.size(), std::move(count.example),
                              std::move(count.sentence)});
    }
    classes_.clear();
    return sum;
}

}  // namespace snapgate::query
