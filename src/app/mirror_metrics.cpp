#include "app/mirror_metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "app/metric_family.h"

namespace snapgate::app {
namespace {

using mirror::MirrorState;
using mirror::MirrorStatus;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array kStates = {
    MirrorState::kPending,      MirrorState::kSyncing,      MirrorState::kReady,
    MirrorState::kUnreachable,  MirrorState::kUnauthorized, MirrorState::kForbidden,
    MirrorState::kNotInstalled, MirrorState::kFailing,
};

struct Count {
    std::string_view name;
    std::string_view help;
    uint64_t MirrorStatus::* member;
};

constexpr std::array kCounts = {
    Count{"snapgate_mirror_syncs_total", "Whole lists published", &MirrorStatus::syncs},
    Count{"snapgate_mirror_events_total", "Watch events taken in", &MirrorStatus::events},
    Count{"snapgate_mirror_failures_total", "Attempts that failed", &MirrorStatus::failures},
    Count{"snapgate_mirror_checks_total", "Self-checks made", &MirrorStatus::checks},
    Count{"snapgate_mirror_differences_total", "Self-checks that found the mirror different",
          &MirrorStatus::differences},
};

}  // namespace

std::vector<MetricFamily> mirror_metrics(const cluster::ClusterTable::Rows& clusters,
                                         const mirror::Mirrors& mirrors, int64_t now_ms) {
    std::unordered_map<model::ClusterNumber, MirrorStatus> known;
    for (auto& [number, status] : mirrors.statuses()) known.emplace(number, std::move(status));
    MetricFamily states = metric_family(
        "snapgate_mirror_state", "1 for the state that the mirror of a connected cluster is in",
        MetricType::Gauge);
    MetricFamily ages =
        metric_family("snapgate_mirror_age_seconds",
                      "Since a mirror was last known to be what its cluster has; absent "
                      "before the first sync",
                      MetricType::Gauge);
    MetricFamily skipped = metric_family("snapgate_mirror_skipped_objects",
                                         "Objects that cannot be shown", MetricType::Gauge);
    std::vector<MetricFamily> counts;
    counts.reserve(kCounts.size());
    for (const Count& count : kCounts)
        counts.push_back(metric_family(count.name, count.help, MetricType::Counter));
    for (const auto& [uid, cluster] : clusters) {
        if (!cluster.connected()) continue;
        auto found = known.find(cluster.number);
        const MirrorStatus status = found == known.end() ? MirrorStatus() : found->second;
        for (const MirrorState state : kStates) {
            add_value(states, state == status.state ? 1 : 0,
                      {{"cluster", uid}, {"state", std::string(to_text(state))}});
        }
        if (status.confirmed_ms > 0) {
            const int64_t age_ms = now_ms - status.confirmed_ms;
            add_value(ages, static_cast<double>(std::max<int64_t>(0, age_ms)) / 1000,
                      {{"cluster", uid}});
        }
        add_value(skipped, static_cast<double>(status.skipped), {{"cluster", uid}});
        for (size_t at = 0; at < kCounts.size(); ++at)
            add_value(counts[at], static_cast<double>(status.*kCounts[at].member),
                      {{"cluster", uid}});
    }
    std::vector<MetricFamily> families{std::move(states), std::move(ages), std::move(skipped)};
    std::move(counts.begin(), counts.end(), std::back_inserter(families));
    return families;
}

}  // namespace snapgate::app
