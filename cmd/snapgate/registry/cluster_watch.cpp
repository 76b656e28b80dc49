#include "registry/cluster_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "json/path.h"
#include "registry/registry_table.h"
#include "remote/resolve.h"
#include "terminal/interruption.h"

namespace snapgate::cli {
namespace {

constexpr unsigned kServersFault = 500;

// What of a cluster makes a line of `get clusters -w`: times and counters that always move do not.
std::string watched_of(const json::Object& cluster) {
    std::string text;
    for (const std::string_view name : {"name", "projectUid", "type", "state", "reason", "server",
                                        "servedVersion", "objects", "skipped"})
        if (const json::Value* value = json::value_at(cluster, {name}))
            text += json::serialize(*value) + "\n";
    return text;
}

}  // namespace

bool ClusterSelection::selects(const json::Object& cluster) const {
    const auto is_it = [&](const std::string& name) {
        return name == json::text_at(cluster, {"name"}) || name == json::text_at(cluster, {"uid"});
    };
    return (states.empty() ||
            std::ranges::find(states, json::text_at(cluster, {"state"})) != states.end()) &&
           (names.empty() || std::ranges::any_of(names, is_it));
}

ClusterWatch::ClusterWatch(Console& console, Api& api, const ClusterSelection& selection,
                           const Format& format)
    : console_(console),
      api_(api),
      selection_(selection),
      format_(format),
      table_(columns_of(Kind::kCluster, format == Format::kWide), format.look(console.look())),
      documents_(console, format) {}

Outcome<Exit> ClusterWatch::run() {
    constexpr std::chrono::seconds kPause{2};
    SNAPGATE_ASSIGN(const Interruption interruption, Interruption::listen());
    SNAPGATE_TRY(look());
    bool reached = true;
    while (!interruption.wait(kPause)) {
        const auto looked = look();
        if (!looked && looked.error().exit != Exit::kUnreachable &&
            looked.error().status < kServersFault)
            return looked.error();
        if (!looked && reached) console_.note("warning: trying again: " + looked.error().message);
        if (looked && !reached)
            console_.note(fmt::format("{} can be reached again", api_.server()));
        reached = looked.has_value();
    }
    return Exit::kOk;
}

Outcome<> ClusterWatch::look() {
    SNAPGATE_ASSIGN(const auto items, list_objects(api_, Kind::kCluster));
    std::map<std::string, std::pair<std::string, json::Object>> seen;
    std::vector<json::Object> changed;
    for (const json::Object& item : items) {
        if (!selection_.selects(item)) continue;
        const std::string uid(json::text_at(item, {"uid"}));
        std::string watched = watched_of(item);
        const auto before = last_.find(uid);
        if (before == last_.end() || before->second.first != watched) changed.push_back(item);
        seen.emplace(uid, std::pair(std::move(watched), item));
    }
    for (auto& [uid, before] : last_) {
        if (seen.contains(uid)) continue;
        // It was deleted, or has another state than those asked for.
        json::Object gone = before.second;
        gone["state"] = selection_.states.empty() ? "Deleted" : "Gone";
        changed.push_back(std::move(gone));
    }
    last_ = std::move(seen);
    SNAPGATE_TRY(print(changed));
    SNAPGATE_TRY(console_.flush());
    return {};
}

Outcome<> ClusterWatch::print(const std::vector<json::Object>& clusters) {
    if (clusters.empty()) return {};
    if (is_document(format_)) {
        const std::vector<json::Value> values(clusters.begin(), clusters.end());
        std::vector<const json::Value*> all;
        all.reserve(values.size());
        for (const json::Value& value : values) all.push_back(&value);
        return documents_.print_all(all);
    }
    std::vector<Table::Row> rows;
    ProjectNames projects;
    SNAPGATE_ASSIGN(projects, project_names(api_));
    for (const json::Object& cluster : clusters) {
        if (format_ == Format::kName) {
            console_.print_line(json::text_at(cluster, {"uid"}));
        } else {
            rows.push_back(row_of(Kind::kCluster, cluster, projects, format_ == Format::kWide));
        }
    }
    if (!rows.empty()) console_.print(table_.page(rows));
    return {};
}

}  // namespace snapgate::cli
