#include "api/fleet_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "api/fleet.h"
#include "api/palette/fleet_ages.h"
#include "api/palette/fleet_words.h"
#include "net/await.h"
#include "query/fleet_summary.h"
#include "query/vm_report.h"

namespace snapgate::api {
namespace {

using base::Result;

// Of a project, or of one cluster of it: what a value's labels name.
using Owner = std::pair<std::string, std::string>;  // uid of the project; of the cluster, or ""

struct Counts {
    std::array<uint64_t, 6> by_verdict{};  // by the value of the Verdict
    query::FleetSummary::Numbers snapshots;
};
using CountsByOwner = std::map<Owner, Counts>;

void begin(std::string_view name, std::string_view help, std::string& out) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
}

class FleetMetrics {
  public:
    FleetMetrics(const Services& services, const VisibleFleet& visible)
        : services_(services),
          visible_(visible),
          by_cluster_(visible.fleet->clusters.size() <= services.fleet_metrics.most_clusters) {
        for (const query::FleetCluster& cluster : visible.fleet->clusters)
            counts_[owner_of(cluster)];
    }

    net::Awaitable<Result<void>> count() {
        const store::Store& store = services_.store;
        const query::ListContext context = services_.list_context(palette::kFleetWords);
        const facts::Seconds now = services_.now_seconds();
        query::FleetRequest request;
        request.max_age = services_.fleet_metrics.max_age;
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
            SNAPGATE_CO_ASSIGN(const bool done,
                               report.step(store.read(), unused, SIZE_MAX, pass_over));
            if (done) break;
            co_await net::yield();
        }
        SNAPGATE_CO_ASSIGN(auto summary,
                           query::FleetSummary::plan(context, store.read(), visible_.fleet, {}, now,
                                                     query::Join::kNothing));
        while (true) {
            SNAPGATE_CO_ASSIGN(const bool done, summary.step(store.read()));
            if (done) break;
            co_await net::yield();
        }
        for (size_t i = 0; i < summary.by_cluster().size(); ++i)
            counts_[owner_of(*summary.listing().clusters()[i])].snapshots.add(
                summary.by_cluster()[i]);
        co_return Result<void>();
    }

    void append(std::string& out) const {
        begin("snapgate_vms", "VMs by verdict of the protection report, see docs/fleet.md", out);
        for (const auto& [owner, counts] : counts_) {
            for (const query::Verdict verdict : query::kVerdicts) {
                append_value("snapgate_vms", owner, "verdict", name_of(verdict),
                             counts.by_verdict.at(static_cast<size_t>(verdict)), out);
            }
        }
        begin("snapgate_snapshots", "VM snapshots by state", out);
        for (const auto& [owner, counts] : counts_) {
            for (const facts::State state : facts::kStates) {
                append_value("snapgate_snapshots", owner, "state", name_of(state),
                             counts.snapshots.by_state.at(static_cast<size_t>(state)), out);
            }
        }
        begin("snapgate_snapshots_stuck", "VM snapshots that do not get on", out);
        for (const auto& [owner, counts] : counts_)
            append_value("snapgate_snapshots_stuck", owner, {}, {}, counts.snapshots.stuck, out);
        begin("snapgate_oldest_protection_seconds",
              "The age of the oldest among the newest good snapshots of VMs", out);
        for (const auto& [project, age] : oldest_)
            append_value("snapgate_oldest_protection_seconds", {project, {}}, {}, {}, age, out);
    }

  private:
    Owner owner_of(const query::FleetCluster& cluster) const {
        return {cluster.project_uid, by_cluster_ ? cluster.uid : std::string()};
    }

    void add(const query::FleetCluster& cluster, const query::VmRow& row, facts::Seconds now) {
        ++counts_[owner_of(cluster)].by_verdict.at(static_cast<size_t>(row.verdict));
        if (const auto age = row.age_of_last_good(now)) {
            uint64_t& oldest = oldest_[cluster.project_uid];
            oldest = std::max<uint64_t>(oldest, *age);
        }
    }

    // Uids need no escapes, nor do the words.
    static void append_value(std::string_view name, const Owner& owner, std::string_view label,
                             std::string_view word, uint64_t value, std::string& out) {
        fmt::format_to(std::back_inserter(out), "{}{{project=\"{}\"", name, owner.first);
        if (!owner.second.empty())
            fmt::format_to(std::back_inserter(out), ",cluster=\"{}\"", owner.second);
        if (!label.empty()) fmt::format_to(std::back_inserter(out), ",{}=\"{}\"", label, word);
        fmt::format_to(std::back_inserter(out), "}} {}\n", value);
    }

    const Services& services_;
    const VisibleFleet& visible_;
    const bool by_cluster_;
    CountsByOwner counts_;
    std::map<std::string, uint64_t> oldest_;  // by project
};

}  // namespace

net::Awaitable<void> append_fleet_metrics(const Services& services, std::string& out) {
    const auto visible =
        services.fleets->find({}, {}, services.clusters.snapshot(), services.projects.snapshot());
    FleetMetrics metrics(services, *visible);
    // Where something is damaged, the other metrics are needed most.
    const bool counted = (co_await metrics.count()).has_value();
    if (counted) metrics.append(out);
    begin("snapgate_fleet_counted", "1 if the snapshots of all clusters could be counted", out);
    fmt::format_to(std::back_inserter(out), "snapgate_fleet_counted {}\n", counted ? 1 : 0);
}

}  // namespace snapgate::api
