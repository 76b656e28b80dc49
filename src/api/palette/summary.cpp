#include <array>
#include <string>
#include <utility>

#include "api/fleet.h"
#include "api/identify.h"
#include "api/palette/fleet_ages.h"
#include "api/palette/list_words.h"
#include "api/palette/routes.h"
#include "api/where_made.h"
#include "base/clock.h"
#include "net/await.h"
#include "query/fleet_summary.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using query::FleetSummary;

json::Object states_of(const FleetSummary::Numbers& numbers) {
    json::Object out;
    for (const facts::State state : facts::kStates)
        out.emplace(name_of(state), numbers.by_state.at(static_cast<size_t>(state)));
    return out;
}

json::Object numbers_of(const FleetSummary::Numbers& numbers) {
    json::Object out{{"total", numbers.total},
                     {"good", numbers.good},
                     {"stuck", numbers.stuck},
                     {"byState", states_of(numbers)}};
    if (numbers.bytes) out.emplace("sizeBytes", *numbers.bytes);
    if (numbers.restored) out.emplace("restored", *numbers.restored);
    return out;
}

json::Object named(std::string_view uid, std::string_view name,
                   const FleetSummary::Numbers& numbers) {
    json::Object out{{"uid", uid}, {"name", name}};
    for (auto& [key, value] : numbers_of(numbers)) out.emplace(key, std::move(value));
    return out;
}

json::Array days_of(const FleetSummary& summary) {
    constexpr int64_t kDayMs = 86'400'000;
    constexpr size_t kDateBytes = 10;  // of 2026-11-04T00:00:00Z
    json::Array out;
    int64_t day_ms = int64_t{summary.first_day()} * 1000;
    for (const FleetSummary::Day& day : summary.days()) {
        out.push_back(json::Object{{"day", base::format_rfc3339(day_ms).substr(0, kDateBytes)},
                                   {"created", day.created},
                                   {"succeeded", day.succeeded},
                                   {"failed", day.failed}});
        day_ms += kDayMs;
    }
    return out;
}

json::Object document_of(const FleetSummary& summary, const query::AgeCounts& ages) {
    json::Object out = numbers_of(summary.numbers());
    json::Object by_consistency;
    for (const facts::Consistency consistency : facts::kConsistencies) {
        by_consistency.emplace(name_of(consistency),
                               summary.by_consistency().at(static_cast<size_t>(consistency)));
    }
    json::Array by_project;
    for (const FleetSummary::Project& project : summary.by_project())
        by_project.push_back(named(project.uid, project.name, project.numbers));
    json::Array by_cluster;
    for (size_t i = 0; i < summary.by_cluster().size(); ++i) {
        const query::FleetCluster& cluster = *summary.listing().clusters()[i];
        by_cluster.push_back(named(cluster.uid, cluster.name, summary.by_cluster()[i]));
    }
    json::Array causes;
    for (const FleetSummary::Cause& cause : summary.causes()) {
        causes.push_back(json::Object{{"class", cause.cause_class},
                                      {"count", cause.count},
                                      {"vms", cause.vms},
                                      {"clusters", cause.clusters},
                                      {"example", cause.example}});
    }
    out.emplace("byConsistency", std::move(by_consistency));
    out.emplace("byProject", std::move(by_project));
    out.emplace("byCluster", std::move(by_cluster));
    out.emplace("byDay", days_of(summary));
    out.emplace("causes", std::move(causes));
    out.emplace(
        "clusters",
        json::Object{{"total", ages.total}, {"stale", ages.stale}, {"unknown", ages.unknown}});
    return out;
}

}  // namespace

net::Awaitable<Result<void>> summarize(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto visible, find_fleet(call));
    SNAPGATE_CO_ASSIGN(auto request,
                       query::parse_fleet_request(call.request.query, call.parameters[0],
                                                  query::Question::kSummary));
    SNAPGATE_CO_TRY(co_await check_freshness(call, *visible, request.filter.clusters));
    const store::Store& store = call.services.store;
    const facts::Seconds now = call.services.now_seconds();
    const query::FleetAges ages = fleet_ages(call.services, *visible, now);
    SNAPGATE_CO_ASSIGN(auto summary,
                       FleetSummary::plan(call.services.list_context(kFleetWords), store.read(),
                                          visible->fleet, std::move(request), now));
    const query::HeldHistory history = summary.listing().hold_history(call.services.store);
    SNAPGATE_CO_TRY(call.request.held->hold_answer(summary.kept_bytes()));
    while (true) {
        // A view of its own for each step: none is kept while other requests go on.
        auto step = [&] { return summary.step(store.read()); };
        SNAPGATE_CO_ASSIGN(
            const bool done,
            co_await net::make_at(*call.response.stream, where_made(summary), std::move(step)));
        // It may have waited for its turn.
        SNAPGATE_CO_TRY(check_key(call));
        if (done) break;
        co_await net::yield();
    }
    call.response.add_header("Cache-Control", "private, no-cache");
    respond_json(call, 200, document_of(summary, query::count_ages(summary.listing(), ages)));
    co_return Result<void>();
}

}  // namespace snapgate::api::palette
