#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "base/encoding.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "registry/cluster_watch.h"
#include "registry/registry_table.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_list.h"
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

Outcome<> print_documents(Console& console, const Format& format,
                          const std::vector<json::Object>& objects) {
    ListWriter list(console, format, {}, {});
    for (const json::Object& object : objects) SNAPGATE_TRY(list.add(json::serialize(object)));
    return list.finish({});
}

Outcome<Exit> print_list(Shell& shell, Api& api, Kind kind, const Format& format,
                         const ClusterSelection& selection) {
    SNAPGATE_ASSIGN(auto response, api.get(std::string(words_of(kind).path)));
    if (is_document(format) && selection.states.empty()) {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
        return Exit::kOk;
    }
    SNAPGATE_ASSIGN(auto items, parse_items(response, api.server()));
    std::erase_if(items, [&](const json::Object& item) { return !selection.selects(item); });
    if (is_document(format)) {
        SNAPGATE_TRY(print_documents(shell.console, format, items));
    } else {
        SNAPGATE_TRY(print_objects(shell, api, kind, format, items));
    }
    return Exit::kOk;
}

// Prints the objects of these names from one list: its items equal the single objects.
Outcome<Exit> print_named(Shell& shell, Api& api, Kind kind, const Format& format,
                          const std::vector<std::string>& names) {
    SNAPGATE_ASSIGN(const auto items, list_objects(api, kind));
    const std::vector<Named> all = named_items(kind, items);
    std::vector<json::Object> objects;
    for (const std::string& name : names) {
        SNAPGATE_ASSIGN(const Named named, choose(api, kind, name, all));
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
        const auto found = std::ranges::find_if(
            kStates, [&](const char* state) { return base::equal_ignoring_case(one, state); });
        if (found == std::end(kStates))
            return Failure(Exit::kUsage,
                           fmt::format("--state {}: there are {}", one, fmt::join(kStates, ", ")));
        states.emplace_back(*found);
    }
    return states;
}

Outcome<Exit> run(Kind kind, const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_table_format(options.output, options.no_headers));
    ClusterSelection selection;
    SNAPGATE_ASSIGN(selection.states, checked_states(options.states));
    if (!selection.states.empty() && !options.names.empty() && !options.watch)
        return Failure(Exit::kUsage, "--state selects from all clusters: leave out the names");
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    if (options.watch) {
        selection.names = options.names;
        return ClusterWatch(shell.console, api, selection, format).run();
    }
    if (options.names.empty()) return print_list(shell, api, kind, format, selection);
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
