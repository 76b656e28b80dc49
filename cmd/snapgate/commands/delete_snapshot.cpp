#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <variant>

#include "commands/all_commands.h"
#include "commands/snapshot_options.h"
#include "fleet/fleet_deletion.h"
#include "json/path.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(With names: all are looked up before anything is deleted. A snapshot with finalizers stays until
whoever set them has removed them; the command names the finalizers, and does not wait.

Without names: those that the filters select, of a cluster or of all. The command shows what would go, and
asks. The newest good snapshot of each VM stays, whatever the filters are, unless --force is given;
--keep-last N keeps its newest N, counted over all its snapshots. What changed since it was shown stays, and
clusters that are not Ready are left alone.

Examples:
  snapgate delete snapshot db-01-nightly --cluster demo -n payments
  # See what would go, and then let it go
  snapgate delete snapshots --all-clusters --older-than 30d --keep-last 3 --dry-run
  snapgate delete snapshots --all-clusters --older-than 30d --keep-last 3 --yes
  snapgate delete snapshots --cluster demo --phase Failed --older-than 7d)";

// An option that narrows what is deleted, and whether the command line has it.
struct Narrowing {
    std::string name;
    std::variant<bool*, std::string*, std::vector<std::string>*> value;
    bool given = false;
};

struct Options {
    ConnectionFlags connection;
    std::deque<Narrowing> narrowings;  // a deque, as the reader keeps pointers into it
    FleetDeletion of_fleet;            // with the cluster, which both ways have
    std::vector<std::string> names;
    std::string output;
};

// A snapshot that exists, with the uid that tells it from a later one of the same name.
struct Found {
    SnapshotRef snapshot;
    std::string uid;
};

// The finalizers that still hold a deleted snapshot; nullopt if it is gone.
Outcome<std::optional<std::string>> held_by(Api& api, const Found& found) {
    auto read = read_snapshot(api, found.snapshot);
    if (!read) {
        if (read.error().status == 404) return std::optional<std::string>();
        return std::move(read).error();
    }
    const json::Object& object = read->object;
    // Another snapshot of that name may have been created meanwhile.
    if (json::text_at(object, {"metadata", "uid"}) != found.uid ||
        json::text_at(object, {"metadata", "deletionTimestamp"}).empty())
        return std::optional<std::string>();
    return std::optional<std::string>(fmt::format(
        "{}", fmt::join(json::texts_in(json::array_at(object, {"metadata", "finalizers"})), ", ")));
}

Outcome<> remove(Shell& shell, Api& api, const Found& found, const Format& format) {
    const SnapshotRef& snapshot = found.snapshot;
    SNAPGATE_TRY(api.remove(
        palette_snapshot(snapshot.cluster.uid, snapshot.vm, snapshot.name, snapshot.ns)));
    SNAPGATE_ASSIGN(auto held, held_by(api, found));
    if (format == Format::kName) {
        shell.console.print(kSnapshotResource);
        shell.console.print_line(snapshot.name);
    } else if (format == Format::kTable) {
        shell.console.print_line(fmt::format("snapshot/{} {} (namespace {})", snapshot.name,
                                             held ? "is being deleted" : "deleted", snapshot.ns));
    }
    if (held)
        shell.console.note(
            fmt::format("note: {} is held by {}: it will be gone once the controller that set it "
                        "has removed it",
                        snapshot.text(), held->empty() ? "the server" : "the finalizer " + *held));
    return {};
}

// What only deletions by filters have.
bool has_filters(const FleetDeletion& deletion) {
    return deletion.scope.all || deletion.filters.any() || !deletion.selector.empty() ||
           !deletion.older_than.empty() || !deletion.keep_last.empty() || deletion.force ||
           deletion.dry_run || deletion.yes;
}

Outcome<Exit> delete_named(const Options& options, Shell& shell) {
    const FleetDeletion& given = options.of_fleet;
    if (has_filters(given))
        return Failure(Exit::kUsage, "give either names, or filters and --older-than, not both");
    if (given.namespaces.size() > 1)
        return Failure(Exit::kUsage, "names are of one namespace: give -n once");
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.output));
    const SnapshotFlags flags{given.scope.cluster,
                              given.namespaces.empty() ? "default" : given.namespaces.front(),
                              given.vm};
    SNAPGATE_TRY(check(flags, options.names));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, flags.cluster));
    // All names are looked up first, so that after a mistyped one nothing is deleted.
    std::vector<Found> all;
    const std::set<std::string> names(options.names.begin(), options.names.end());
    for (const std::string& name : names) {
        SnapshotRef snapshot{cluster, flags.ns, name, flags.vm};
        SNAPGATE_ASSIGN(const auto read, read_snapshot(api, snapshot));
        const json::Object& object = read.object;
        snapshot.vm = json::text_at(object, {"spec", "source", "name"});
        all.push_back(
            {std::move(snapshot), std::string(json::text_at(object, {"metadata", "uid"}))});
    }
    for (const Found& found : all) SNAPGATE_TRY(remove(shell, api, found, format));
    return Exit::kOk;
}

bool has_word(const std::string& value) {
    return value.find_first_not_of(", ") != std::string::npos;
}

// Refuses an option whose value says nothing, as that of a script's unset variable: the server
// would take it for no filter at all, and everything would be deleted.
Outcome<> check_values(const Options& options) {
    for (const Narrowing& one : options.narrowings) {
        const auto* const* text = std::get_if<std::string*>(&one.value);
        const auto* const* texts = std::get_if<std::vector<std::string>*>(&one.value);
        const bool says = text != nullptr
                              ? has_word(**text)
                              : texts == nullptr || std::ranges::all_of(**texts, has_word);
        if (one.given && !says)
            return Failure(Exit::kUsage, fmt::format("{} has no value: leave it out to select by "
                                                     "the other filters alone",
                                                     one.name));
    }
    return {};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_TRY(check_values(options));
    if (!options.names.empty()) return delete_named(options, shell);
    if (!options.of_fleet.any()) {
        return Failure(Exit::kUsage,
                       "say which snapshots: by name, by --older-than, --keep-last, or by a "
                       "filter such as --phase Failed");
    }
    if (!options.output.empty())
        return Failure(Exit::kUsage, "-o goes with names; what filters select is shown as a table");
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    return delete_of_fleet(options.of_fleet, shell, api);
}

}  // namespace

Command delete_snapshot_command() {
    auto options = std::make_shared<Options>();
    FleetDeletion& of_fleet = options->of_fleet;
    std::vector<Option> table{completing(
        {"NAME", &options->names, "", "Snapshots to delete, by exact name"}, Completes::kSnapshot)};
    const auto add = [&table](std::vector<Option> more) {
        table.insert(table.end(), more.begin(), more.end());
    };
    add(fleet_options(of_fleet.scope));
    add({{"-n,--namespace", &of_fleet.namespaces, "NS",
          "The namespace of the names (default: default); with filters, only these namespaces"},
         {"--vm", &of_fleet.vm, "VM", "Only if the snapshot is of this VM (optional)"},
         {"--older-than", &of_fleet.older_than, "DURATION",
          "Those that were created longer ago, as 30d"},
         {"--keep-last", &of_fleet.keep_last, "N", "Keep the newest N good ones of each VM"},
         {"-l,--selector", &of_fleet.selector, "SELECTOR", "Only those with these labels"}});
    add(fleet_snapshot_options(of_fleet.filters));
    std::erase_if(table, [](const Option& option) { return option.name == "--sort-by"; });
    for (Option& option : table) {
        if (option.value.empty()) continue;
        options->narrowings.push_back({option.name, option.into});
        option.given = &options->narrowings.back().given;
    }
    add({{"--dry-run", &of_fleet.dry_run, "", "Show what would be deleted, and do nothing"},
         {"--yes", &of_fleet.yes, "", "Do not ask"},
         {"--force", &of_fleet.force, "", "Do not spare the last good snapshot of a VM"},
         output_option(options->output,
                       "with names: json or yaml: nothing, as the API returns nothing; name: the "
                       "names as kubectl\nprints them")});
    return {
        .name = "snapshot",
        .help = "Delete VM snapshots",
        .aliases = {"snapshots", "vmsnapshot", "vmsnapshots"},
        .options = std::move(table),
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
