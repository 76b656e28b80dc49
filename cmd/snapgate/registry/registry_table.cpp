#include "registry/registry_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/duration.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "snapshots/times.h"

namespace snapgate::cli {
namespace {

constexpr const char* kNothing = "<none>";

// When all of a cluster was last taken in: by a list of a connected one, by an import into a hosted
// one.
std::string last_sync(const json::Object& cluster) {
    const bool connected = json::text_at(cluster, {"type"}) == "connected";
    const std::string_view at =
        json::text_at(cluster, {connected ? "lastSyncTime" : "lastImportTime"});
    if (at.empty()) return connected ? "<never>" : kNothing;
    return age_of(at, base::system_clock().now_ms() / 1000) + " ago";
}

// How long ago, by the server's clock, the mirror was last known to equal the cluster; of a hosted
// one, how long ago it was imported into, where that is expected.
std::string lag(const json::Object& cluster) {
    const json::Value* seconds = json::value_at(cluster, {"lagSeconds"});
    const bool hosted = json::text_at(cluster, {"type"}) != "connected";
    if (hosted && seconds == nullptr && json::text_at(cluster, {"expectedEvery"}).empty())
        return kNothing;
    const auto whole = json::whole_number(seconds);
    return whole ? base::human_duration(std::chrono::seconds(*whole)) : "<unknown>";
}

// The kinds of objects beside the snapshots that are followed now.
std::string followed_too(const json::Object& cluster) {
    std::vector<std::string_view> names;
    if (const json::Array* kinds = json::array_at(cluster, {"kinds"})) {
        for (const json::Value& kind : *kinds) {
            const json::Object* object = kind.if_object();
            if (object != nullptr && json::text_at(*object, {"state"}) == "Ready")
                names.push_back(json::text_at(*object, {"name"}));
        }
    }
    return names.empty() ? kNothing : fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

Outcome<ProjectNames> project_names(Api& api) {
    SNAPGATE_ASSIGN(auto items, list_objects(api, Kind::kProject));
    ProjectNames names;
    for (const json::Object& item : items)
        names.emplace(json::text_at(item, {"uid"}), json::text_at(item, {"name"}));
    return names;
}

std::vector<Column> columns_of(Kind kind, bool wide) {
    switch (kind) {
        case Kind::kProject:
            return {{"NAME"}, {"UID"}};
        case Kind::kCluster: {
            std::vector<Column> columns{{"NAME", 0, 16, Column::Cut::kMiddle},
                                        {"UID", 1},
                                        {"PROJECT", 3, 12},
                                        {"TYPE", 2},
                                        {.title = "STATE", .is_state = true},
                                        {"OBJECTS"},
                                        {"LAST SYNC", 7},
                                        {"LAG"},
                                        {"REASON", 0, 21}};
            if (wide) {
                columns.push_back({"BYTES", 9});
                columns.push_back({"SKIPPED", 4});
                columns.push_back({"VERSION", 5});
                columns.push_back({"SERVER", 6});
                columns.push_back({"KINDS", 8});
            }
            return columns;
        }
        case Kind::kKey:
            break;
    }
    return {{"NAME", 0, 16, Column::Cut::kMiddle},
            {"ID"},
            {"ROLE"},
            {"PROJECT", 0, 12},
            {"AGE"},
            {"EXPIRES"},
            {"LAST USED", 1}};
}

Table::Row row_of(Kind kind, const json::Object& object, const ProjectNames& projects, bool wide) {
    auto text = [&](std::string_view name) { return std::string(json::text_at(object, {name})); };
    auto project = [&] {
        std::string uid = text("projectUid");
        if (uid.empty()) return std::string("<all>");
        auto found = projects.find(uid);
        return found == projects.end() ? uid : found->second;
    };
    switch (kind) {
        case Kind::kProject:
            return {text("name"), text("uid")};
        case Kind::kCluster: {
            const json::Value* objects = json::value_at(object, {"objects"});
            Table::Row row{
                text("name"),      text("uid"),
                project(),         text("type"),
                text("state"),     objects != nullptr ? json::serialize(*objects) : "<unknown>",
                last_sync(object), lag(object),
                text("reason")};
            if (wide) {
                for (const std::string_view name : {"bytes", "skipped"}) {
                    const json::Value* number = json::value_at(object, {name});
                    row.push_back(number != nullptr ? json::serialize(*number) : kNothing);
                }
                for (const std::string_view name : {"servedVersion", "server"})
                    row.push_back(text(name).empty() ? kNothing : text(name));
                row.push_back(followed_too(object));
            }
            return row;
        }
        case Kind::kKey:
            break;
    }
    const int64_t now_ms = base::system_clock().now_ms();
    const int64_t now = now_ms / 1000;
    const auto expires = base::parse_rfc3339(text("expiresAt"));
    std::string used = text("lastUsedAt");
    return {text("name"),
            text("id"),
            text("role"),
            project(),
            age_of(text("createdAt"), now),
            !expires             ? "<never>"
            : *expires <= now_ms ? "<expired>"
                                 : format_local(*expires),
            used.empty() ? "<never>" : age_of(used, now) + " ago"};
}

}  // namespace snapgate::cli
