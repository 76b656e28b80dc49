#include "api/fleet_metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/fleet.h"
#include "api/palette/fleet_ages.h"
#include "api/palette/list_words.h"
#include "base/metric_text.h"
#include "cluster/metric_owners.h"
#include "net/await.h"
#include "net/server/aside.h"
#include "query/fleet_summary.h"
#include "query/vm_report.h"

namespace snapgate::api {
namespace {

using base::MetricLabels;
using base::MetricText;
using base::MetricType;
using base::Result;

struct Counts {
    std::array<uint64_t, 6> by_verdict{};  // by the value of the Verdict
    query::FleetSummary::Numbers snapshots;
};

class FleetMetrics {
  public:
    FleetMetrics(const Services& services, const VisibleFleet& visible,
                 const cluster::MetricOwners& owners)
        : services_(services),
          visible_(visible),
          owners_(owners),
          counts_(owners.owners().size()),
          oldest_(owners.projects().size()) {}

    net::Awaitable<Result<void>> count(net::ResponseStream& stream) {
        const store::Store& store = services_.store;
        const query::ListContext context = services_.list_context(palette::kFleetWords);
        const facts::Seconds now = services_.now_seconds();
        query::FleetRequest request;
        request.max_age = services_.fleet_metrics().max_age;
        request.limit = 1;  // the rows are counted as they are judged
        SNAPGATE_CO_ASSIGN(
            auto report,
            query::VmReport::plan(context, store.read(), visible_.fleet,
                                  palette::fleet_ages(services_, visible_, now), request, now));
        report.tell([&](const query::VmRow& row) {
            add(*report.listing().clusters()[row.cluster], row, now);
        });
        std::string unused;
        const auto pass_over = [](const query::VmRow&, std::string&) {};
        while (true) {
            auto step = [&] { return report.step(store.read(), unused, SIZE_MAX, pass_over); };
            SNAPGATE_CO_ASSIGN(const bool done,
                               co_await net::make_at(stream, net::Where::kAside, std::move(step)));
            if (done) break;
            co_await net::yield();
        }
        SNAPGATE_CO_ASSIGN(auto summary,
                           query::FleetSummary::plan(context, store.read(), visible_.fleet, {}, now,
                                                     query::Join::kNothing));
        while (true) {
            auto step = [&] { return summary.step(store.read()); };
            SNAPGATE_CO_ASSIGN(const bool done,
                               co_await net::make_at(stream, net::Where::kAside, std::move(step)));
            if (done) break;
            co_await net::yield();
        }
        for (size_t i = 0; i < summary.by_cluster().size(); ++i) {
            const auto owner = owners_.of(summary.listing().clusters()[i]->uid);
            if (owner) counts_.at(*owner).snapshots.add(summary.by_cluster()[i]);
        }
        co_return Result<void>();
    }

    void append(MetricText& text) const {
        text.family("snapgate_vms", "VMs by verdict of the protection report, see docs/fleet.md",
                    MetricType::kGauge);
        for_each([&](const MetricLabels& labels, const Counts& counts) {
            for (const query::Verdict verdict : query::kVerdicts)
                text.value(as_number(counts.by_verdict.at(static_cast<size_t>(verdict))), labels,
                           "verdict", name_of(verdict));
        });
        text.family("snapgate_snapshots", "VM snapshots by state", MetricType::kGauge);
        for_each([&](const MetricLabels& labels, const Counts& counts) {
            for (const facts::State state : facts::kStates)
                text.value(as_number(counts.snapshots.by_state.at(static_cast<size_t>(state))),
                           labels, "state", name_of(state));
        });
        text.family("snapgate_snapshots_stuck", "VM snapshots that do not get on",
                    MetricType::kGauge);
        for_each([&](const MetricLabels& labels, const Counts& counts) {
            text.value(as_number(counts.snapshots.stuck), labels);
        });
        text.family("snapgate_oldest_protection_seconds",
                    "The age of the oldest among the newest good snapshots of VMs",
                    MetricType::kGauge);
        for (size_t i = 0; i < oldest_.size(); ++i)
            if (oldest_.at(i)) text.value(as_number(*oldest_.at(i)), owners_.projects().at(i));
    }

  private:
    static double as_number(uint64_t number) { return static_cast<double>(number); }

    template <class Do>
    void for_each(const Do& append_one) const {
        for (size_t i = 0; i < counts_.size(); ++i)
            append_one(owners_.owners().at(i).labels, counts_.at(i));
    }

    void add(const query::FleetCluster& cluster, const query::VmRow& row, facts::Seconds now) {
        const auto owner = owners_.of(cluster.uid);
        if (!owner) return;
        ++counts_.at(*owner).by_verdict.at(static_cast<size_t>(row.verdict));
        if (const auto age = row.age_of_last_good(now)) {
            auto& oldest = oldest_.at(owners_.owners().at(*owner).project);
            oldest = std::max<uint64_t>(oldest.value_or(0), *age);
        }
    }

    const Services& services_;
    const VisibleFleet& visible_;
    const cluster::MetricOwners& owners_;
    std::vector<Counts> counts_;                   // of owners_.owners()
    std::vector<std::optional<uint64_t>> oldest_;  // of owners_.projects()
};

}  // namespace

net::Awaitable<void> append_fleet_metrics(const Services& services, net::ResponseStream& stream,
                                          std::string& out) {
    const auto clusters = services.clusters.snapshot();
    const auto projects = services.projects.snapshot();
    const auto visible = services.fleets->find({}, {}, clusters, projects);
    const cluster::MetricOwners owners(*clusters, *projects,
                                       services.fleet_metrics().most_clusters);
    FleetMetrics metrics(services, *visible, owners);
    // Where something is damaged, the other metrics are needed most.
    const bool counted = (co_await metrics.count(stream)).has_value();
    std::function<void()> append = [&] {
        MetricText text(out);
        if (counted) metrics.append(text);
        text.single("snapgate_fleet_counted", "1 if the snapshots of all clusters could be counted",
                    MetricType::kGauge, counted ? 1 : 0);
    };
    co_await stream.do_aside(std::move(append));
}

}  // namespace snapgate::api
