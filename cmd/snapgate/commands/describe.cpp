#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "commands/command.h"
#include "snapshots/snapshot_description.h"
#include "snapshots/snapshot_options.h"
#include "snapshots/stale_note.h"

namespace snapgate::cli {
namespace {

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
        if (any) shell.console.print("\n\n");
        shell.console.print(describe_snapshot(read.object, base::system_clock().now_ms() / 1000));
        any = true;
    }
    return Exit::kOk;
}

}  // namespace

void add_describe(CLI::App& root, Action& chosen) {
    CLI::App* describe = root.add_subcommand("describe", "Show all there is to say of a snapshot");
    describe->require_subcommand(1);
    auto options = std::make_shared<Options>();
    CLI::App* command =
        describe->add_subcommand("snapshot", "Show a VM snapshot as text for people");
    command->alias("snapshots")->alias("vmsnapshot")->alias("vmsnapshots");
    command->add_option("NAME", options->names, "Which, by exact name")->required()->type_name("");
    add_snapshot_flags(*command, options->flags);
    add_connection_options(*command, options->connection);
    end_command(*command,
                "For programs, 'snapgate get snapshots NAME -o json' prints the object itself.\n\n"
                "Example:\n"
                "  snapgate describe snapshot db-01-nightly --cluster demo -n payments",
                chosen, [options](Shell& shell) { return run(*options, shell); });
    describe->footer("Example:\n  snapgate describe snapshot NAME --cluster demo -n payments");
}

}  // namespace snapgate::cli
