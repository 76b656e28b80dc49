#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>
#include <variant>

#include "commands/all_commands.h"
#include "commands/snapshot_options.h"
#include "fleet/fleet_deletion.h"
#include "json/path.h"
#include "snapshots/stale_note.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(With names: all are looked up before anything is deleted, and --dry-run deletes nothing. A snapshot
with finalizers stays until whoever set them has removed them; the command names the finalizers, and
does not wait.

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

struct Options {
    ConnectionFlags connection;
    FleetDeletion of_fleet;  // with what both ways have: cluster, namespace, VM and --dry-run
    std::vector<std::string> names;
    std::string output;
    std::vector<Option> not_with_names;  // the rows of the options that only filters have
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

void show(Shell& shell, const Found& found, const Format& format) {
    const SnapshotRef& snapshot = found.snapshot;
    if (format == Format::kName) {
        shell.console.print(kSnapshotResource);
        shell.console.print_line(snapshot.name);
    } else if (format == Format::kTable) {
        shell.console.print_line(
            fmt::format("snapshot/{} would be deleted (namespace {})", snapshot.name, snapshot.ns));
    }
}

Outcome<Exit> delete_named(const Options& options, Shell& shell) {
    const FleetDeletion& given = options.of_fleet;
    const auto wrong = std::ranges::find_if(options.not_with_names, is_given);
    if (wrong != options.not_with_names.end())
        return Failure(Exit::kUsage,
                       fmt::format("{} does not go with names: give either names, or filters and "
                                   "--older-than, not both",
                                   wrong->name));
    if (given.namespaces.size() > 1)
        return Failure(Exit::kUsage, "names are of one namespace: give -n once");
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    const SnapshotFlags flags{given.scope.cluster,
                              given.namespaces.empty() ? "default" : given.namespaces.front(),
                              given.vm};
    SNAPGATE_TRY(check(flags, options.names));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, flags.cluster));
    // All names are looked up first, so that after a mistyped one nothing is deleted.
    std::vector<Found> all;
    StaleNote stale(api, shell.console, cluster);
    const std::set<std::string> names(options.names.begin(), options.names.end());
    for (const std::string& name : names) {
        SnapshotRef snapshot{cluster, flags.ns, name, flags.vm};
        SNAPGATE_ASSIGN(const auto read, read_snapshot(api, snapshot));
        stale.look(read.response);
        const json::Object& object = read.object;
        snapshot.vm = json::text_at(object, {"spec", "source", "name"});
        all.push_back(
            {std::move(snapshot), std::string(json::text_at(object, {"metadata", "uid"}))});
    }
    for (const Found& found : all) {
        if (given.dry_run) {
            show(shell, found, format);
        } else {
            SNAPGATE_TRY(remove(shell, api, found, format));
        }
    }
    return Exit::kOk;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
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
    add({{"--dry-run", &of_fleet.dry_run, "", "Show what would be deleted, and do nothing"},
         {"--yes", &of_fleet.yes, "", "Do not ask"},
         {"--force", &of_fleet.force, "", "Do not spare the last good snapshot of a VM"}});
    const std::array<std::string_view, 5> with_both{"NAME", "--cluster", "-n,--namespace", "--vm",
                                                    "--dry-run"};
    std::ranges::copy_if(table, std::back_inserter(options->not_with_names),
                         [&](const Option& option) {
                             return std::ranges::find(with_both, option.name) == with_both.end();
                         });
    add({output_option(options->output,
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
