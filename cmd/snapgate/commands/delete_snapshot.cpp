#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>

#include "commands/all_commands.h"
#include "commands/snapshot_options.h"
#include "json/path.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(All names are looked up before anything is deleted. A snapshot with finalizers stays until whoever
set them has removed them; the command names the finalizers, and does not wait.

Example:
  snapgate delete snapshot db-01-nightly --cluster demo -n payments)";

struct Options {
    ConnectionFlags connection;
    SnapshotFlags flags;
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

Outcome<> remove(Shell& shell, Api& api, const Found& found, Format format) {
    const SnapshotRef& snapshot = found.snapshot;
    SNAPGATE_TRY(api.remove(
        palette_snapshot(snapshot.cluster.uid, snapshot.vm, snapshot.name, snapshot.ns)));
    SNAPGATE_ASSIGN(auto held, held_by(api, found));
    if (format == Format::kName) {
        shell.console.print(kSnapshotResource);
        shell.console.print_document(snapshot.name);
    } else if (format == Format::kTable) {
        shell.console.print_document(fmt::format("snapshot/{} {} (namespace {})", snapshot.name,
                                                 held ? "is being deleted" : "deleted",
                                                 snapshot.ns));
    }
    if (held)
        shell.console.note(
            fmt::format("note: {} is held by {}: it will be gone once the controller that set it "
                        "has removed it",
                        snapshot.text(), held->empty() ? "the server" : "the finalizer " + *held));
    return {};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.output));
    SNAPGATE_TRY(check(options.flags, options.names));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.flags.cluster));
    // All names are looked up first, so that after a mistyped one nothing is deleted.
    std::vector<Found> all;
    const std::set<std::string> names(options.names.begin(), options.names.end());
    for (const std::string& name : names) {
        SnapshotRef snapshot{cluster, options.flags.ns, name, options.flags.vm};
        SNAPGATE_ASSIGN(const auto read, read_snapshot(api, snapshot));
        const json::Object& object = read.object;
        snapshot.vm = json::text_at(object, {"spec", "source", "name"});
        all.push_back(
            {std::move(snapshot), std::string(json::text_at(object, {"metadata", "uid"}))});
    }
    for (const Found& found : all) SNAPGATE_TRY(remove(shell, api, found, format));
    return Exit::kOk;
}

}  // namespace

Command delete_snapshot_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "snapshot",
        .help = "Delete VM snapshots",
        .aliases = {"snapshots", "vmsnapshot", "vmsnapshots"},
        .options =
            {{"NAME", &options->names, "", "Snapshots to delete, by exact name", kNeeded},
             cluster_option(options->flags.cluster),
             namespace_option(options->flags),
             vm_option(options->flags),
             output_option(
                 options->output,
                 "json or yaml: nothing, as the API returns nothing; name: the names as kubectl\n"
                 "prints them")},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
