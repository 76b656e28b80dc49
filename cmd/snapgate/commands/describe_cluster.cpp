#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "base/duration.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "remote/resolve.h"
#include "snapshots/times.h"
#include "terminal/printable.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    std::vector<std::string> names;
};

std::string number(const json::Object& object, std::string_view name) {
    const json::Value* value = json::value_at(object, {name});
    return value != nullptr && value->is_number() ? json::serialize(*value) : "";
}

// How long ago, and when; "" for none.
std::string moment(const json::Object& object, std::string_view name, int64_t now) {
    const std::string_view text = json::text_at(object, {name});
    const auto at = base::parse_rfc3339(text);
    return at ? fmt::format("{} ago ({})", age_of(text, now), format_local(*at)) : "";
}

// Whose the last import was: the name of the key, and its id.
std::string importer(const json::Object& cluster) {
    const std::string_view by = json::text_at(cluster, {"lastImport", "by"});
    return by.empty() ? ""
                      : fmt::format("{} ({})", by, json::text_at(cluster, {"lastImport", "byId"}));
}

// How much the last import was, as the server counts it: 3 created, 1 refused.
std::string imported(const json::Object& cluster) {
    const json::Value* last = json::value_at(cluster, {"lastImport"});
    if (last == nullptr || !last->is_object()) return {};
    std::string out;
    for (const auto& [name, count] : last->get_object())
        if (json::whole_number(&count).value_or(0) > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", json::serialize(count), name);
    return out.empty() ? "nothing" : out;
}

std::string expectation(const json::Object& cluster) {
    const std::string_view every = json::text_at(cluster, {"expectedEvery"});
    return every.empty() ? "" : fmt::format("every {}", every);
}

// The kinds of objects beside the snapshots.
std::string kinds_of(const json::Object& cluster) {
    const json::Array* kinds = json::array_at(cluster, {"kinds"});
    std::vector<Table::Row> rows;
    if (kinds != nullptr) {
        for (const json::Value& value : *kinds) {
            const json::Object* kind = value.if_object();
            if (kind == nullptr) continue;
            rows.push_back({"  " + std::string(json::text_at(*kind, {"name"})),
                            number(*kind, "objects"), std::string(json::text_at(*kind, {"state"})),
                            std::string(json::text_at(*kind, {"reason"})),
                            std::string(json::text_at(*kind, {"message"}))});
        }
    }
    if (rows.empty()) return {};
    Table table({{"  KIND"}, {"OBJECTS"}, {"STATE"}, {"REASON"}, {"MESSAGE"}}, {});
    return "Kinds:\n" + table.page(rows);
}

std::string described(const json::Object& cluster, std::string_view project, int64_t now) {
    std::string out;
    const auto line = [&out](std::string_view title, std::string_view value) {
        if (!value.empty())
            out += fmt::format("{:<20}{}\n", fmt::format("{}:", title), printable(value));
    };
    const auto text = [&](std::string_view name) { return json::text_at(cluster, {name}); };
    line("Name", text("name"));
    line("UID", text("uid"));
    line("Project", project);
    line("Type", text("type"));
    line("Server", text("server"));
    line("Declared in", text("source"));
    line("State", text("state"));
    line("Reason", text("reason"));
    line("Message", text("message"));
    line("Since", moment(cluster, "sinceTime", now));
    line("Confirmed", moment(cluster, "confirmedTime", now));
    line("Last import", moment(cluster, "lastImportTime", now));
    line("Imported by", importer(cluster));
    line("Imported", imported(cluster));
    line("Imports expected", expectation(cluster));
    line("Last sync", moment(cluster, "lastSyncTime", now));
    line("Served version", text("servedVersion"));
    line("Snapshots", number(cluster, "objects"));
    line("Bytes", number(cluster, "bytes"));
    line("Skipped", number(cluster, "skipped"));
    line("Skipped, such as", text("skippedExample"));
    line("Damaged", number(cluster, "damaged"));
    line("Damaged, such as", text("damagedExample"));
    line("Lists taken in", number(cluster, "syncs"));
    line("Changes", number(cluster, "events"));
    line("Failures", number(cluster, "failures"));
    line("Checks", number(cluster, "checks"));
    line("Differences found", number(cluster, "differences"));
    line("Last check", text("checkOutcome"));
    return out + kinds_of(cluster);
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(const auto items, list_objects(api, Kind::kCluster));
    SNAPGATE_ASSIGN(const auto project_items, list_objects(api, Kind::kProject));
    const std::vector<Named> all = named_items(Kind::kCluster, items);
    // All names are looked up before anything is printed.
    std::vector<const json::Object*> found;
    for (const std::string& name : options.names) {
        SNAPGATE_ASSIGN(const Named named, choose(api, Kind::kCluster, name, all));
        for (const json::Object& item : items)
            if (json::text_at(item, {"uid"}) == named.uid) found.push_back(&item);
    }
    const int64_t now = base::system_clock().now_ms() / 1000;
    for (const json::Object* cluster : found) {
        const std::string_view uid = json::text_at(*cluster, {"projectUid"});
        std::string project(uid);
        for (const json::Object& item : project_items)
            if (json::text_at(item, {"uid"}) == uid) project = json::text_at(item, {"name"});
        if (cluster != found.front()) shell.console.print("\n\n");
        shell.console.print(described(*cluster, project, now));
    }
    return Exit::kOk;
}

}  // namespace

Command describe_cluster_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "cluster",
        .help = "Show the state of a cluster in detail, as text for people",
        .aliases = {"clusters"},
        .options = {completing({"NAME", &options->names, "", "Clusters, by name or uid", kNeeded},
                               Completes::kCluster)},
        .connection = &options->connection,
        .footer =
            "For programs, 'snapgate get clusters NAME -o json' prints the object itself.\n\n"
            "Example:\n"
            "  snapgate describe cluster edge",
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
