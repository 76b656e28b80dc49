#include "fleet/fleet_request.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/encoding.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "remote/pages.h"
#include "remote/resolve.h"
#include "terminal/printable.h"

namespace snapgate::cli {

std::vector<Option> fleet_options(FleetScope& scope) {
    // The option that another excludes stands before it.
    return {{"--cluster", &scope.cluster, "CLUSTER", "The cluster, by name or uid", false, nullptr,
             "--all-clusters"},
            {"--all-clusters", &scope.all, "", "Every cluster that the key may see", false,
             "--cluster"}};
}

Outcome<Named> resolve_cluster(Api& api, const FleetScope& scope) {
    auto cluster = resolve(api, Kind::kCluster, scope.cluster);
    if (!cluster && cluster.error().exit == Exit::kRefused &&
        scope.cluster.find(',') != std::string::npos)
        cluster.error().message += "; --all-clusters asks all that the key may see";
    return cluster;
}

std::vector<Column> place_columns(const FleetScope& scope) {
    if (scope.all) return {{"CLUSTER", 0, 12, Column::Cut::kMiddle}, {"NAMESPACE", 3}};
    return {{"CLUSTER", 1}, {"NAMESPACE", 0, 10}};
}

Outcome<FleetRequest> FleetRequest::make(Api& api, const FleetScope& scope,
                                         std::string_view question) {
    if (scope.all) return of_cluster("-", question);
    SNAPGATE_ASSIGN(const Named cluster, resolve_cluster(api, scope));
    return of_cluster(cluster.uid, question);
}

FleetRequest FleetRequest::of_cluster(std::string_view uid, std::string_view question) {
    return FleetRequest(
        fmt::format("/v1/spectroclusters/{}/vms/{}", base::percent_encode(uid), question));
}

void FleetRequest::add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    target_ += target_.find('?') == std::string::npos ? '?' : '&';
    target_ += name;
    target_ += '=';
    target_ += base::percent_encode(value);
}

void FleetRequest::add(std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(name, value);
}

std::string FleetRequest::page_after(std::string_view token) const {
    FleetRequest next = *this;
    next.add("continue", token);
    return next.target_;
}

bool is_stream(std::string_view output) {
    return output == "csv" || output == "jsonl";
}

Outcome<> print_stream(Console& console, Api& api, FleetRequest request, std::string_view output,
                       bool no_headers) {
    const bool is_csv = output == "csv";
    request.add("format", is_csv ? "csv" : "ndjson");
    bool in_titles = is_csv && no_headers;
    // Lines end as they do in every other output; the server's CSV has CR LF.
    std::string lines;
    PrintablePieces pieces;
    const net::PieceSink print = [&](std::string_view piece) {
        if (in_titles) {
            const size_t end = piece.find('\n');
            if (end == std::string_view::npos) return base::Result<void>();
            piece.remove_prefix(end + 1);
            in_titles = false;
        }
        lines = piece;
        std::erase(lines, '\r');
        console.print(pieces.take(lines));
        return base::Result<void>();
    };
    SNAPGATE_TRY(api.stream(request.target(), {}, print));
    console.print(pieces.finish());
    return {};
}

Outcome<> each_page(Console& console, Api& api, FleetRequest request, WhenExpired when_expired,
                    const PageSink& take) {
    request.add("limit", "1000");
    const auto target = [&](std::string_view token) { return request.page_after(token); };
    std::string token;
    do {
        SNAPGATE_ASSIGN(const auto response, when_expired == WhenExpired::kGoOn
                                                 ? get_page(api, console, target, token)
                                                 : api.get(target(token)));
        SNAPGATE_ASSIGN(const auto page, parse_answer(response, api.server()));
        SNAPGATE_ASSIGN(const auto items, items_of(page, api.server()));
        SNAPGATE_TRY(take(page, items));
        token = json::text_at(page, {"metadata", "continue"});
    } while (!token.empty());
    return {};
}

Outcome<> each_row(Api& api, FleetRequest request, const RowSink& take) {
    request.add("format", "ndjson");
    std::string rest;  // of a line that has not come whole
    const net::PieceSink split = [&](std::string_view piece) -> base::Result<void> {
        rest += piece;
        size_t begin = 0;
        for (size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
            const std::string_view line = std::string_view(rest).substr(begin, end - begin);
            SNAPGATE_ASSIGN(const json::Value value, json::parse(line));
            if (const json::Object* row = value.if_object()) SNAPGATE_TRY(take(*row));
        }
        rest.erase(0, begin);
        return {};
    };
    SNAPGATE_TRY(api.stream(request.target(), {}, split));
    return {};
}

Outcome<> note_stale_sources(Console& console, Api& api, const FleetScope& scope) {
    SNAPGATE_ASSIGN(const FleetRequest request, FleetRequest::make(api, scope, "sources"));
    SNAPGATE_ASSIGN(const auto response, api.get(request.target()));
    SNAPGATE_ASSIGN(const auto items, parse_items(response, api.server()));
    for (const json::Object& item : items) {
        const std::string_view state = json::text_at(item, {"state"});
        if (state == "Ready") continue;
        const std::string_view name = json::text_at(item, {"cluster", "name"});
        const auto age = json::whole_number(item, "ageSeconds");
        const std::string known =
            age ? fmt::format("its state of {} ago is shown",
                              base::human_duration(std::chrono::seconds(*age)))
                : std::string("nothing is known of it yet");
        console.note(fmt::format("warning: cluster {} is {}: {}", name, state, known));
    }
    return {};
}

}  // namespace snapgate::cli
