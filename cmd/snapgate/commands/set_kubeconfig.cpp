#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The new connection is checked before it replaces the old one: refused credentials and broken
certificates change nothing. The mirror is kept, and catches up with what changed meanwhile.

Examples:
  snapgate set kubeconfig --cluster edge edge.kubeconfig
  snapgate set kubeconfig --cluster edge ~/.kube/config --kubeconfig-context edge)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string file;
    std::string context;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(std::string kubeconfig, read_kubeconfig_file(options.file, options.context));
    SNAPGATE_ASSIGN(Api api, open_api_for_kubeconfig(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.cluster));
    SNAPGATE_ASSIGN(auto answer, set_connection(api, cluster.uid, kubeconfig));
    note_warnings(shell.console, answer);
    shell.console.print_line(fmt::format("cluster/{} {}", cluster.name, outcome_of(answer)));
    return Exit::kOk;
}

}  // namespace

Command set_kubeconfig_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "kubeconfig",
        .help = "Give a connected cluster new credentials or a new address",
        .options = {cluster_option(options->cluster),
                    {"FILE", &options->file, "", "The kubeconfig ('-': standard input)", kNeeded},
                    kubeconfig_context_option(options->context)},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
