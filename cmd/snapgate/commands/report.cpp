#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/count_text.h"
#include "commands/all_commands.h"
#include "fleet/fleet_request.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_row.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

constexpr const char* kProtectionFooter =
    R"(Exit codes: 0 if every VM is Protected, 4 if one is not, or if nothing is known yet of a cluster,
for cron.

Examples:
  snapgate report protection --all-clusters
  snapgate report protection --cluster demo --max-age 36h)";
constexpr const char* kFailuresFooter =
    R"(Example:
  snapgate report failures --all-clusters --since 7d)";

// How many lines a part of a report has.
constexpr size_t kLines = 10;

struct Options {
    ConnectionFlags connection;
    FleetScope scope;
    std::string max_age = "24h";
    std::string since = "7d";
};

int64_t number_at(const json::Object& object, std::string_view name) {
    return json::whole_number(object, name).value_or(0);
}

// Prints the largest of some counts, as a table of two columns.
void print_worst(Console& console, Column named, const std::map<std::string, int64_t>& counts) {
    if (counts.empty()) return;
    std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (sorted.size() > kLines) sorted.resize(kLines);
    std::vector<Table::Row> rows;
    rows.reserve(sorted.size());
    for (const auto& [name, count] : sorted) rows.push_back({fmt::format("{}", count), name});
    Table table({{"VMS"}, std::move(named)}, console.look());
    console.print("\n");
    console.print(table.page(rows));
}

Outcome<Exit> report_protection(const Options& options, Shell& shell) {
    Console& console = shell.console;
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(FleetRequest request, FleetRequest::make(api, options.scope, "protection"));
    request.add("maxAge", options.max_age);
    request.add("verdict", "Late,Failing,Never,Unknown");
    SNAPGATE_ASSIGN(const auto project_items, list_objects(api, Kind::kProject));
    std::map<std::string, std::string> names;
    for (const Named& project : named_items(Kind::kProject, project_items))
        names.emplace(project.uid, project.name);
    std::map<std::string, int64_t> by_project;
    std::map<std::string, int64_t> by_cluster;
    std::map<std::string, int64_t> by_cause;
    json::Object totals;  // they come with the first page
    int64_t unknown_clusters = 0;
    const PageSink count_page = [&](const json::Object& page, const auto& items) -> Outcome<> {
        if (const json::Value* counts = json::value_at(page, {"totals"});
            counts != nullptr && counts->is_object())
            totals = counts->get_object();
        // A cluster that was never reached has no VM that is counted as Unknown.
        if (const json::Value* clusters = json::value_at(page, {"clusters"});
            clusters != nullptr && clusters->is_object())
            unknown_clusters = number_at(clusters->get_object(), "unknown");
        for (const json::Object* item : items) {
            const std::string uid(json::text_at(*item, {"cluster", "projectUid"}));
            const auto name = names.find(uid);
            ++by_project[name == names.end() ? uid : name->second];
            ++by_cluster[std::string(json::text_at(*item, {"cluster", "name"}))];
            const std::string_view cause = json::text_at(*item, {"lastAttempt", "causeClass"});
            if (!cause.empty()) ++by_cause[std::string(cause)];
        }
        return {};
    };
    SNAPGATE_TRY(each_page(console, api, std::move(request), WhenExpired::kGoOn, count_page));
    std::vector<Table::Row> rows;
    int64_t unprotected = 0;
    for (const std::string_view verdict : {"Protected", "Late", "Failing", "Never", "Unknown"}) {
        const int64_t vms = number_at(totals, verdict);
        if (verdict != "Protected") unprotected += vms;
        rows.push_back({std::string(verdict), fmt::format("{}", vms)});
    }
    console.print(
        Table({{.title = "VERDICT", .is_state = true}, {"VMS"}}, console.look()).page(rows));
    if (unknown_clusters > 0) {
        console.print(
            fmt::format("\nNothing is known yet of {}.\n",
                        base::counted(static_cast<uint64_t>(unknown_clusters), "cluster")));
    }
    const auto place = [](std::string title) {
        return Column{std::move(title), 0, 20, Column::Cut::kMiddle};
    };
    print_worst(console, place("NOT PROTECTED IN PROJECT"), by_project);
    print_worst(console, place("NOT PROTECTED IN CLUSTER"), by_cluster);
    print_worst(console, cause_column("CAUSE OF THE LAST ATTEMPT"), by_cause);
    SNAPGATE_TRY(note_stale_sources(console, api, options.scope));
    return unprotected + unknown_clusters == 0 ? Exit::kOk : Exit::kUnprotected;
}

Outcome<Exit> report_failures(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(FleetRequest request, FleetRequest::make(api, options.scope, "summary"));
    request.add("phase", "Failed");
    // Not by the time of the failure: not every cluster tells it.
    request.add("createdAfter", options.since);
    SNAPGATE_ASSIGN(const auto response, api.get(request.target()));
    SNAPGATE_ASSIGN(const json::Object summary, parse_answer(response, api.server()));
    Console& console = shell.console;
    console.print(
        fmt::format("{} failed of those made in the last {}.\n",
                    base::counted(static_cast<uint64_t>(number_at(summary, "total")), "snapshot"),
                    options.since));
    std::vector<Table::Row> rows;
    if (const json::Array* causes = json::array_at(summary, {"causes"})) {
        for (const json::Value& value : *causes) {
            const json::Object* cause = value.if_object();
            if (cause == nullptr) continue;
            rows.push_back({fmt::format("{}", number_at(*cause, "count")),
                            fmt::format("{}", number_at(*cause, "vms")),
                            fmt::format("{}", number_at(*cause, "clusters")),
                            std::string(json::text_at(*cause, {"class"}))});
        }
    }
    if (!rows.empty()) {
        console.print("\n");
        console.print(
            Table({{"FAILED"}, {"VMS"}, {"CLUSTERS"}, cause_column()}, console.look()).page(rows));
    }
    SNAPGATE_TRY(note_stale_sources(console, api, options.scope));
    return Exit::kOk;
}

}  // namespace

Command report_protection_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> table = fleet_options(options->scope);
    table.push_back({"--max-age", &options->max_age, "DURATION",
                     "How old the last good snapshot may be (default 24h)"});
    return {
        .name = "protection",
        .help = "How many VMs have a good snapshot, and where and why others have none",
        .options = std::move(table),
        .connection = &options->connection,
        .footer = kProtectionFooter,
        .run = [options](Shell& shell) { return report_protection(*options, shell); },
    };
}

Command report_failures_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> table = fleet_options(options->scope);
    table.push_back({"--since", &options->since, "DURATION", "How far back (default 7d)"});
    return {
        .name = "failures",
        .help = "Which snapshots failed lately, by cause",
        .options = std::move(table),
        .connection = &options->connection,
        .footer = kFailuresFooter,
        .run = [options](Shell& shell) { return report_failures(*options, shell); },
    };
}

}  // namespace snapgate::cli
