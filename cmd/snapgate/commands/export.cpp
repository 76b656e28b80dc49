#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/count_text.h"
#include "commands/all_commands.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_route.h"
#include "snapshots/stale_note.h"
#include "terminal/output_file.h"
#include "terminal/printable.h"
#include "terminal/progress.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(An export is a Kubernetes list, as kubectl prints it: 'snapgate import' and kubectl take it, and
so does every other version of snapgate. Of a connected cluster it is the mirror; where the cluster
is out of reach, a line says how old that is. Projects and keys are not in it: see 'snapgate backup'.
With --all-clusters a cluster that cannot be exported, because it was never reached, is named, the
others are exported, and the exit code is 1.

Examples:
  snapgate export --cluster demo --to demo.json
  snapgate export --cluster demo | jq '.items | length'
  # A file for each cluster, named by its uid
  snapgate export --all-clusters --to exported)";

constexpr std::chrono::seconds kSilence{60};

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string to;
    bool all_clusters = false;
};

// Ends with the head of the answer, which tells whether the list is the newest state. On standard
// output it is escaped as every answer is, because a pipe may end at a terminal; a file has the
// server's bytes. Both are the same JSON.
Outcome<net::ClientResponse> write_list(Api& api, const Named& cluster, OutputFile& file,
                                        Progress& progress) {
    net::StreamOptions silence;
    silence.idle = kSilence;
    PrintablePieces printed;
    SNAPGATE_ASSIGN(const auto streamed,
                    api.kube_stream(kube_collection(cluster.uid, {}), silence,
                                    [&](std::string_view piece) -> base::Result<void> {
                                        SNAPGATE_TRY(file.is_standard_output()
                                                         ? file.write(printed.take(piece))
                                                         : file.write(piece));
                                        progress.advance(file.bytes(), 0);
                                        return {};
                                    }));
    if (streamed.end != net::StreamEnd::kWhole) {
        Failure cut(Exit::kUnreachable,
                    fmt::format("the list of cluster {} was cut off, and nothing was kept of it; "
                                "the server's log says why",
                                cluster.name));
        cut.status = streamed.response.status;
        return cut;
    }
    if (file.is_standard_output()) SNAPGATE_TRY(file.write(printed.finish()));
    SNAPGATE_TRY(file.finish());
    return streamed.response;
}

Outcome<> export_cluster(Api& api, const Named& cluster, OutputFile& file, Console& console,
                         const std::string& title) {
    Outcome<net::ClientResponse> answer = [&] {
        Progress progress(console, title, 0);
        return write_list(api, cluster, file, progress);
    }();
    if (!answer) return std::move(answer).error();
    StaleNote(api, console, cluster).look(*answer);
    return {};
}

// Exports what can be: a cluster that was never reached, or was deleted meanwhile, holds up no
// other. Not to have all of them is kRefused.
Outcome<Exit> export_all(Api& api, const std::string& folder, Shell& shell) {
    SNAPGATE_ASSIGN(const auto objects, list_objects(api, Kind::kCluster));
    if (::mkdir(folder.c_str(), 0700) != 0) {
        const int number = errno;
        return Failure(exit_of_place(number),
                       fmt::format("cannot make the folder {}: {}", folder, std::strerror(number)));
    }
    uint64_t bytes = 0;
    size_t missing = 0;
    const std::vector<Named> clusters = named_items(Kind::kCluster, objects);
    for (const Named& cluster : clusters) {
        SNAPGATE_ASSIGN(OutputFile file,
                        OutputFile::make(fmt::format("{}/{}.json", folder, cluster.uid)));
        const auto exported = export_cluster(api, cluster, file, shell.console,
                                             fmt::format("Exporting {}", cluster.name));
        if (exported) {
            bytes += file.bytes();
            continue;
        }
        // Without an answer the server is gone, or the disk is full.
        if (exported.error().status == 0) return exported.error();
        ++missing;
        shell.console.note(fmt::format("error: cluster {} (uid {}) was not exported: {}",
                                       cluster.name, cluster.uid, exported.error().message));
    }
    const std::string all = base::counted(clusters.size(), "cluster");
    shell.console.note(
        fmt::format("exported {} to {} ({})",
                    missing == 0 ? all : fmt::format("{} of {}", clusters.size() - missing, all),
                    folder, format_bytes(bytes)));
    return missing == 0 ? Exit::kOk : Exit::kRefused;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    if (options.all_clusters == !options.cluster.empty())
        return Failure(Exit::kUsage, "export needs either --cluster or --all-clusters");
    if (options.all_clusters && (options.to.empty() || options.to == "-")) {
        return Failure(Exit::kUsage,
                       "--all-clusters writes a file for each cluster: name a folder with --to");
    }
    const std::string to = options.to.empty() ? "-" : options.to;
    if (to == "-" && shell.console.out_is_terminal()) {
        return Failure(Exit::kUsage,
                       "an export is no text for a terminal: name a file with --to, or a pipe");
    }
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell, kSilence));
    if (options.all_clusters) return export_all(api, to, shell);
    SNAPGATE_ASSIGN(const Named cluster, resolve(api, Kind::kCluster, options.cluster));
    SNAPGATE_ASSIGN(OutputFile file, OutputFile::make(to));
    SNAPGATE_TRY(export_cluster(api, cluster, file, shell.console, "Exporting"));
    if (!file.is_standard_output()) {
        shell.console.note(fmt::format("exported cluster {} to {} ({})", cluster.name, to,
                                       format_bytes(file.bytes())));
    }
    return Exit::kOk;
}

}  // namespace

Command export_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "export",
        .help = "Write the snapshots of a cluster into a file that can be imported",
        .options = {{"--cluster", &options->cluster, "CLUSTER", "The cluster, by name or uid"},
                    {"--all-clusters", &options->all_clusters, "",
                     "Every cluster that the key sees, each into a file of its own"},
                    {"--to", &options->to, "FILE",
                     "The file (default: standard output), or with --all-clusters a\n"
                     "folder, which must not exist"}},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
