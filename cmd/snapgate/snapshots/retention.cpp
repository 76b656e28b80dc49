#include "snapshots/retention.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace snapgate::cli {
namespace {

using Place = std::tuple<std::string, std::string, std::string>;

Place vm_of(const DeletionCandidate& one) {
    return {one.cluster_uid, one.ns, one.vm};
}

Place place_of(const DeletionCandidate& one) {
    return {one.cluster_uid, one.ns, one.name};
}

bool counts(const DeletionCandidate& one) {
    return !one.of_clone && !one.going;
}

}  // namespace

DeletionPlan plan_deletion(const std::vector<DeletionCandidate>& matches,
                           const std::vector<DeletionCandidate>& good, const Retention& retention) {
    std::map<Place, std::vector<const DeletionCandidate*>> by_vm;
    for (const DeletionCandidate& one : good)
        if (counts(one) && !one.vm.empty()) by_vm[vm_of(one)].push_back(&one);
    const size_t keep = std::max<size_t>(retention.keep_last, retention.force ? 0 : 1);
    std::set<Place> stay;
    for (auto& [vm, snapshots] : by_vm) {
        std::ranges::sort(snapshots, std::greater<>(), [](const DeletionCandidate* one) {
            return std::tie(one->taken, one->name);
        });
        for (size_t i = 0; i < std::min(keep, snapshots.size()); ++i)
            stay.insert(place_of(*snapshots[i]));
    }
    DeletionPlan plan;
    for (const DeletionCandidate& one : matches) {
        if (!counts(one)) continue;
        (stay.contains(place_of(one)) ? plan.kept : plan.deleted).push_back(one);
    }
    return plan;
}

}  // namespace snapgate::cli
