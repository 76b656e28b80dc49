#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "commands/all_commands.h"
#include "commands/snapshot_options.h"
#include "fleet/known_snapshot.h"
#include "snapshots/snapshot_description.h"
#include "snapshots/stale_note.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(For programs, 'snapgate get snapshots NAME -o json' prints the object itself.

Example:
  snapgate describe snapshot db-01-nightly --cluster demo -n payments)";

struct Options {
    ConnectionFlags connection;
    SnapshotFlags flags;
    std::vector<std::string> names;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_TRY(check(options.flags, options.names));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.flags.cluster));
    StaleNote stale(api, shell.console, cluster);
    bool any = false;
    for (const std::string& name : options.names) {
        const SnapshotRef snapshot{cluster, options.flags.ns, name, options.flags.vm};
        SNAPGATE_ASSIGN(auto read, read_snapshot(api, snapshot));
        stale.look(read.response);
        SNAPGATE_ASSIGN(const KnownOfSnapshot known, find_known(api, cluster, read.object));
        SNAPGATE_ASSIGN(
            const std::string text,
            describe_snapshot(read.object, known, base::system_clock().now_ms() / 1000));
        if (any) shell.console.print("\n\n");
        shell.console.print(text);
        any = true;
    }
    return Exit::kOk;
}

}  // namespace

Command describe_snapshot_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "snapshot",
        .help = "Show a VM snapshot in detail, as text for people",
        .aliases = {"snapshots", "vmsnapshot", "vmsnapshots"},
        .options = {completing({"NAME", &options->names, "", "Snapshots to describe, by exact name",
                                kNeeded},
                               Completes::kSnapshot),
                    cluster_option(options->flags.cluster), namespace_option(options->flags),
                    vm_option(options->flags)},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
