#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/duration.h"
#include "base/encoding.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_list.h"
#include "snapshots/times.h"
#include "terminal/interruption.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    std::vector<std::string> names;
    std::vector<std::string> states;  // of clusters
    bool watch = false;
    std::string output;
    bool no_headers = false;
};

// Names of projects by uid. Projects that the key may not see are shown by uid.
using ProjectNames = std::map<std::string, std::string, std::less<>>;

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
    std::vector<Column> columns{{"NAME", 0, 16, Column::Cut::kMiddle},
                                {"ID"},
                                {"ROLE"},
                                {"PROJECT", 0, 12},
                                {"AGE"},
                                {"EXPIRES"},
                                {"LAST USED", 1}};
    if (wide) columns.push_back({"CLUSTERS", 2});
    return columns;
}

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
    if (seconds == nullptr || !seconds->is_int64()) return "<unknown>";
    return base::human_duration(std::chrono::seconds(seconds->get_int64()));
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

// The clusters that a key is held to.
std::string held_to(const json::Object& key) {
    const json::Array* clusters = json::array_at(key, {"clusters"});
    if (clusters == nullptr) return "<all>";
    std::string uids;
    for (const json::Value& uid : *clusters) {
        if (!uid.is_string()) continue;
        if (!uids.empty()) uids += ',';
        uids += uid.get_string();
    }
    return uids;
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
    Table::Row row{text("name"),
                   text("id"),
                   text("role"),
                   project(),
                   age_of(text("createdAt"), now),
                   !expires             ? "<never>"
                   : *expires <= now_ms ? "<expired>"
                                        : format_local(*expires),
                   used.empty() ? "<never>" : age_of(used, now) + " ago"};
    if (wide) row.push_back(held_to(object));
    return row;
}

// Few clusters ever have any, so they have no column.
void note_damage(Shell& shell, const json::Object& cluster) {
    const json::Value* damaged = json::value_at(cluster, {"damaged"});
    if (damaged == nullptr) return;
    shell.console.note(
        fmt::format("Cluster {} has damaged objects that a repair removed, {} in number, such as "
                    "{}: each is an "
                    "error until it is written or deleted.",
                    json::text_at(cluster, {"name"}), json::serialize(*damaged),
                    json::text_at(cluster, {"damagedExample"})));
}

Outcome<> print_objects(Shell& shell, Api& api, Kind kind, const Format& format,
                        const std::vector<json::Object>& objects) {
    const KindWords& words = words_of(kind);
    if (format == Format::kName) {
        for (const json::Object& object : objects)
            shell.console.print_line(json::text_at(object, {words.uid_field}));
        return {};
    }
    if (objects.empty()) {
        shell.console.note(fmt::format("No {} found.", words.many));
        return {};
    }
    ProjectNames projects;
    if (kind != Kind::kProject) {
        SNAPGATE_ASSIGN(projects, project_names(api));
    }
    const bool wide = format == Format::kWide;
    std::vector<Table::Row> rows;
    rows.reserve(objects.size());
    for (const json::Object& object : objects) rows.push_back(row_of(kind, object, projects, wide));
    Table table(columns_of(kind, wide), format.look(shell.console.look()));
    shell.console.print(table.page(rows));
    for (const json::Object& object : objects) note_damage(shell, object);
    return {};
}

constexpr const char* kStates[] = {"Pending",      "Syncing",      "Ready",
                                   "Unreachable",  "Unauthorized", "Forbidden",
                                   "NotInstalled", "Failing",      "Stale"};

bool has_state(const json::Object& cluster, const std::vector<std::string>& states) {
    return states.empty() ||
           std::ranges::find(states, json::text_at(cluster, {"state"})) != states.end();
}

Outcome<> print_documents(Console& console, const Format& format,
                          const std::vector<json::Object>& objects) {
    ListWriter list(console, format, {}, {});
    for (const json::Object& object : objects) SNAPGATE_TRY(list.add(json::serialize(object)));
    return list.finish({});
}

Outcome<Exit> print_list(Shell& shell, Api& api, Kind kind, const Format& format,
                         const std::vector<std::string>& states) {
    SNAPGATE_ASSIGN(auto response, api.get(std::string(words_of(kind).path)));
    if (is_document(format) && states.empty()) {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
        return Exit::kOk;
    }
    SNAPGATE_ASSIGN(auto items, parse_items(response, api.server()));
    std::erase_if(items, [&](const json::Object& item) { return !has_state(item, states); });
    if (is_document(format)) {
        SNAPGATE_TRY(print_documents(shell.console, format, items));
    } else {
        SNAPGATE_TRY(print_objects(shell, api, kind, format, items));
    }
    return Exit::kOk;
}

// What of a cluster makes a line of `get clusters -w`: times and counters that always move do not.
std::string watched_of(const json::Object& cluster) {
    std::string text;
    for (const std::string_view name : {"name", "projectUid", "type", "state", "reason", "server",
                                        "servedVersion", "objects", "skipped"})
        if (const json::Value* value = json::value_at(cluster, {name}))
            text += json::serialize(*value) + "\n";
    return text;
}

// Prints the clusters, and then each again when something of it has changed, until Ctrl-C. The
// registry has no watch: it is read every two seconds.
class ClusterWatch {
  public:
    ClusterWatch(Shell& shell, Api& api, const Options& options, const Format& format)
        : shell_(shell),
          api_(api),
          options_(options),
          format_(format),
          table_(columns_of(Kind::kCluster, format == Format::kWide),
                 format.look(shell.console.look())),
          documents_(shell.console, format) {}

    Outcome<Exit> run() {
        constexpr std::chrono::seconds kPause{2};
        SNAPGATE_ASSIGN(const Interruption interruption, Interruption::listen());
        SNAPGATE_TRY(look());
        bool reached = true;
        while (!interruption.wait(kPause)) {
            const auto looked = look();
            if (!looked && looked.error().exit != Exit::kUnreachable &&
                looked.error().status < kServersFault)
                return looked.error();
            if (!looked && reached)
                shell_.console.note("warning: trying again: " + looked.error().message);
            if (looked && !reached)
                shell_.console.note(fmt::format("{} can be reached again", api_.server()));
            reached = looked.has_value();
        }
        return Exit::kOk;
    }

  private:
    static constexpr unsigned kServersFault = 500;

    Outcome<> look() {
        SNAPGATE_ASSIGN(const auto items, list_objects(api_, Kind::kCluster));
        std::map<std::string, std::pair<std::string, json::Object>> seen;
        std::vector<json::Object> changed;
        for (const json::Object& item : items) {
            if (!is_wanted(item)) continue;
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
            gone["state"] = options_.states.empty() ? "Deleted" : "Gone";
            changed.push_back(std::move(gone));
        }
        last_ = std::move(seen);
        SNAPGATE_TRY(print(changed));
        SNAPGATE_TRY(shell_.console.flush());
        return {};
    }

    bool is_wanted(const json::Object& cluster) const {
        const auto is_it = [&](const std::string& name) {
            return name == json::text_at(cluster, {"name"}) ||
                   name == json::text_at(cluster, {"uid"});
        };
        return has_state(cluster, options_.states) &&
               (options_.names.empty() || std::ranges::any_of(options_.names, is_it));
    }

    Outcome<> print(const std::vector<json::Object>& clusters) {
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
                shell_.console.print_line(json::text_at(cluster, {"uid"}));
            } else {
                rows.push_back(row_of(Kind::kCluster, cluster, projects, format_ == Format::kWide));
            }
        }
        if (!rows.empty()) shell_.console.print(table_.page(rows));
        return {};
    }

    Shell& shell_;
    Api& api_;
    const Options& options_;
    Format format_;
    Table table_;
    ValuePrinter documents_;
    std::map<std::string, std::pair<std::string, json::Object>> last_;  // by uid
};

// Prints the objects of these names from one list: its items equal the single objects.
Outcome<Exit> print_named(Shell& shell, Api& api, Kind kind, const Format& format,
                          const std::vector<std::string>& names) {
    SNAPGATE_ASSIGN(const auto items, list_objects(api, kind));
    const std::vector<Named> all = named_items(kind, items);
    std::vector<json::Object> objects;
    for (const std::string& name : names) {
        SNAPGATE_ASSIGN(const Named named, choose(kind, name, all));
        const auto of_uid = [&](const json::Object& item) {
            return json::text_at(item, {words_of(kind).uid_field}) == named.uid;
        };
        objects.push_back(*std::find_if(items.begin(), items.end(), of_uid));
    }
    if (!is_document(format)) {
        SNAPGATE_TRY(print_objects(shell, api, kind, format, objects));
        return Exit::kOk;
    }
    if (objects.size() == 1) {
        SNAPGATE_TRY(print_value(shell.console, format, objects.front()));
        return Exit::kOk;
    }
    SNAPGATE_TRY(print_documents(shell.console, format, objects));
    return Exit::kOk;
}

// The states that --state names, in the form in which they are shown.
Outcome<std::vector<std::string>> checked_states(const std::vector<std::string>& given) {
    std::vector<std::string> states;
    for (const std::string& one : split_values(given)) {
        const auto found = std::ranges::find_if(kStates, [&](const char* state) {
            return std::ranges::equal(one, std::string_view(state), [](char a, char b) {
                return std::tolower(static_cast<unsigned char>(a)) ==
                       std::tolower(static_cast<unsigned char>(b));
            });
        });
        if (found == std::end(kStates))
            return Failure(Exit::kUsage,
                           fmt::format("--state {}: there are {}", one, fmt::join(kStates, ", ")));
        states.emplace_back(*found);
    }
    return states;
}

Outcome<Exit> run(Kind kind, const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_table_format(options.output, options.no_headers));
    if (format == Format::kWide && kind != Kind::kCluster)
        return Failure(Exit::kUsage, fmt::format("-o wide: the table of {} has no more columns",
                                                 words_of(kind).many));
    SNAPGATE_ASSIGN(const auto states, checked_states(options.states));
    if (!states.empty() && !options.names.empty() && !options.watch)
        return Failure(Exit::kUsage, "--state selects from all clusters: leave out the names");
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    if (options.watch) {
        Options watched = options;
        watched.states = states;
        return ClusterWatch(shell, api, watched, format).run();
    }
    if (options.names.empty()) return print_list(shell, api, kind, format, states);
    return print_named(shell, api, kind, format, options.names);
}

Command get_command(Kind kind, std::string help) {
    auto options = std::make_shared<Options>();
    const KindWords& words = words_of(kind);
    std::vector<std::string> words_of_output{"table", "json",        "yaml",      "name",
                                             "jsonl", kJsonPathWord, kColumnsWord};
    if (kind == Kind::kCluster) words_of_output.insert(words_of_output.begin() + 1, "wide");
    std::vector<Option> rows{completing({"NAME", &options->names, "", "Only these, by name or uid"},
                                        completes_names_of(kind)),
                             table_output_option(options->output, std::move(words_of_output)),
                             no_headers_option(options->no_headers)};
    if (kind == Kind::kCluster) {
        rows.push_back(with_words({"--state", &options->states, "STATE[,STATE]",
                                   "Only those in these states, such as Unreachable"},
                                  {std::begin(kStates), std::end(kStates)}));
        rows.push_back({"-w,--watch", &options->watch, "",
                        "Print the clusters, then each that has changed, until Ctrl-C"});
    }
    return {
        .name = std::string(words.many),
        .help = std::move(help),
        .aliases = {std::string(words.one)},
        .options = std::move(rows),
        .connection = &options->connection,
        .footer = fmt::format("Examples:\n"
                              "  snapgate get {0}\n"
                              "  snapgate get {0} -o json",
                              words.many),
        .run = [kind, options](Shell& shell) { return run(kind, *options, shell); },
    };
}

}  // namespace

Command get_clusters_command() {
    return get_command(Kind::kCluster, "The clusters that your key may see");
}

Command get_projects_command() {
    return get_command(Kind::kProject, "The projects that your key may see");
}

Command get_keys_command() {
    return get_command(Kind::kKey, "The API keys (for admins), without their secrets");
}

}  // namespace snapgate::cli
