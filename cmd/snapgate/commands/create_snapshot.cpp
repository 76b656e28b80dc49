#include <fmt/format.h>

#include <memory>

#include "base/duration.h"
#include "commands/all_commands.h"
#include "commands/snapshot_options.h"
#include "json/path.h"
#include "model/api_names.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Without NAME the server makes a name from the VM's name and five random characters.
A hosted cluster has no hypervisor: the snapshot is only taken if a controller of your own
does so and updates its status.

Examples:
  snapgate create snapshot --cluster demo -n payments --vm db-01
  snapgate create snapshot db-01-before-upgrade --cluster demo -n payments --vm db-01 \
    --failure-deadline 10m --deletion-policy Retain
  # Then watch its progress
  name=$(snapgate create snapshot --cluster demo --vm db-01 -o name)
  snapgate get snapshots "${name##*/}" --cluster demo -n default --watch)";

struct Options {
    ConnectionFlags connection;
    SnapshotFlags flags;
    std::string name;
    std::string failure_deadline;
    std::string deletion_policy;
    std::string output;
};

Outcome<> check_spec(const Options& options) {
    if (!options.failure_deadline.empty()) {
        auto read = base::parse_duration(options.failure_deadline);
        if (!read) return Failure(Exit::kUsage, "--failure-deadline: " + read.error().message);
        // parse_duration() accepts days, which Kubernetes' durations do not have.
        if (options.failure_deadline.find('d') != std::string::npos)
            return Failure(
                Exit::kUsage,
                fmt::format(
                    "--failure-deadline {}: must be in hours, minutes and seconds, as 5m or 1h30m",
                    options.failure_deadline));
    }
    if (!options.deletion_policy.empty() && options.deletion_policy != "Delete" &&
        options.deletion_policy != "Retain")
        return Failure(Exit::kUsage,
                       fmt::format("--deletion-policy {}: must be Delete (the content goes with "
                                   "the snapshot) or Retain (it stays)",
                                   options.deletion_policy));
    return {};
}

json::Object body_of(const Options& options) {
    json::Object metadata;
    metadata["namespace"] = options.flags.ns;
    if (options.name.empty()) {
        metadata["generateName"] = options.flags.vm + "-";
    } else {
        metadata["name"] = options.name;
    }
    json::Object spec;
    spec["source"] = json::Object{
        {"apiGroup", model::kVmGroup}, {"kind", model::kVmKind}, {"name", options.flags.vm}};
    if (!options.failure_deadline.empty()) spec["failureDeadline"] = options.failure_deadline;
    if (!options.deletion_policy.empty()) spec["deletionPolicy"] = options.deletion_policy;
    json::Object body;
    body["apiVersion"] = model::kStoredApiVersion;
    body["kind"] = model::kSnapshotKind;
    body["metadata"] = std::move(metadata);
    body["spec"] = std::move(spec);
    return body;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    std::vector<std::string> names;
    if (!options.name.empty()) names.push_back(options.name);
    SNAPGATE_TRY(check(options.flags, names));
    SNAPGATE_TRY(check_spec(options));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.flags.cluster));
    SNAPGATE_ASSIGN(auto response,
                    api.post(palette_snapshot(cluster.uid, options.flags.vm, {}, options.flags.ns),
                             body_of(options)));
    SNAPGATE_ASSIGN(auto made, parse_answer(response, api.server()));
    std::string_view name = json::text_at(made, {"metadata", "name"});
    if (format == Format::kName) {
        shell.console.print(kSnapshotResource);
        shell.console.print_line(name);
    } else if (format == Format::kTable) {
        shell.console.print_line(fmt::format("snapshot/{} created (namespace {}, VM {})", name,
                                             json::text_at(made, {"metadata", "namespace"}),
                                             options.flags.vm));
    } else {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
    }
    if (cluster.type == "hosted")
        shell.console.note(
            fmt::format("note: cluster {} is hosted and has no hypervisor: this snapshot is only "
                        "taken if a controller of your own does so and updates its status",
                        cluster.name));
    return Exit::kOk;
}

}  // namespace

Command create_snapshot_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "snapshot",
        .help = "Request a snapshot of a VM",
        .aliases = {"vmsnapshot"},
        .options = {{"NAME", &options->name, "",
                     "Its name (default: the VM's name and five random characters)"},
                    cluster_option(options->flags.cluster),
                    namespace_option(options->flags),
                    {"--vm", &options->flags.vm, "VM", "The VM to take it of", kNeeded},
                    {"--failure-deadline", &options->failure_deadline, "DURATION",
                     "Time after which an unfinished snapshot fails, as 10m\n"
                     "(KubeVirt's default: 5m; 0: never)"},
                    with_words(
                        {"--deletion-policy", &options->deletion_policy, "POLICY",
                         "What happens to its content when it is deleted: Delete (KubeVirt's\n"
                         "default) or Retain"},
                        {"Delete", "Retain"}),
                    output_option(
                        options->output,
                        "json or yaml: the object as the API returned it; name: its name as\n"
                        "kubectl prints it")},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
