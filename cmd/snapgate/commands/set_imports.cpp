#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

// Expects no imports.
constexpr const char* kNone = "none";

constexpr const char* kFooter =
    R"(A hosted cluster that says how often it is imported into is Stale when an import is late: in 'get
clusters' and in the metrics. What is known of it is as old as its last import: the verdict on its
VMs is Unknown once that is older than --max-age. What a cluster's last import was is in
'describe cluster'.

Examples:
  snapgate set imports --cluster demo --expected-every 24h
  snapgate set imports --cluster demo --expected-every none)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string every;
    std::string output;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const Format format, Format::parse(options.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(const Named cluster, resolve(api, Kind::kCluster, options.cluster));
    json::Object body{{"expectedEvery", nullptr}};
    if (options.every != kNone) body["expectedEvery"] = options.every;
    SNAPGATE_ASSIGN(const auto response,
                    api.put(path_of(Kind::kCluster, cluster.uid) + "/imports", body));
    SNAPGATE_ASSIGN(const auto answer, parse_answer(response, api.server()));
    if (format == Format::kName) {
        shell.console.print_line(cluster.uid);
    } else if (format == Format::kTable) {
        const std::string_view every = json::text_at(answer, {"expectedEvery"});
        shell.console.print_line(
            every.empty()
                ? fmt::format("cluster/{} configured: no imports are expected", cluster.name)
                : fmt::format("cluster/{} configured: an import is expected every {}", cluster.name,
                              every));
    } else {
        SNAPGATE_TRY(print_value(shell.console, format, answer));
    }
    return Exit::kOk;
}

}  // namespace

Command set_imports_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "imports",
        .help = "Say how often a hosted cluster is imported into",
        .options = {{"--cluster", &options->cluster, "CLUSTER", "The cluster, by name or uid",
                     kNeeded},
                    with_words({"--expected-every", &options->every, "DURATION",
                                "As in 24h or 7d; or none", kNeeded},
                               {kNone}),
                    answer_option(options->output)},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
