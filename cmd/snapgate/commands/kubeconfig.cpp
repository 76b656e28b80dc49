#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "commands/all_commands.h"
#include "fleet/fleet_request.h"
#include "net/tls/pem.h"
#include "remote/kubeconfig_text.h"
#include "remote/resolve.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The kubeconfig holds the API key in use: whoever can read it can do what the key can.
The command only prints it: keep it in a file that only you can read.

Examples:
  (umask 077; snapgate kubeconfig --cluster demo > demo.kubeconfig)
  kubectl --kubeconfig demo.kubeconfig get vmsnapshots -A
  # The snapshots of every cluster that the key may see: kubectl lists them, and no more
  (umask 077; snapgate kubeconfig --all-clusters > fleet.kubeconfig)
  kubectl --kubeconfig fleet.kubeconfig get vmsnapshots -A)";

struct Options {
    ConnectionFlags connection;
    FleetScope scope;
    std::string ns;
};

Outcome<std::string> read_ca(const std::string& file) {
    if (file.empty()) return std::string();
    SNAPGATE_ASSIGN(const std::string text, read_file(file, net::kMostPemBytes, "the CA"));
    return certificates_in(text, file);
}

// Whose Kubernetes API the kubeconfig is for: a cluster's, or that of all clusters.
Outcome<Named> find_served(Api& api, const FleetScope& scope) {
    if (scope.all) return Named{.uid = "-", .name = "all-clusters", .type = {}, .project = {}};
    return resolve_cluster(api, scope);
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    if (!options.ns.empty()) SNAPGATE_TRY(check_namespace(options.ns));
    SNAPGATE_ASSIGN(Target target, resolve_target(options.connection, shell.environment));
    Kubeconfig kubeconfig;
    const bool encrypted = target.server.starts_with("https://");
    if (encrypted) {
        SNAPGATE_ASSIGN(kubeconfig.ca, read_ca(target.ca));
    }
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(const Named cluster, find_served(api, options.scope));
    kubeconfig.name = cluster.name;
    kubeconfig.server =
        fmt::format("{}/clusters/{}", target.server, base::percent_encode(cluster.uid));
    kubeconfig.token = target.key;
    kubeconfig.ns = options.ns;
    if (options.scope.all && !target.project.empty())
        shell.console.note(
            fmt::format("warning: kubectl will list every cluster that the key may see, not only "
                        "those of project {}: for that, use a key of the project",
                        target.project));
    if (!encrypted)
        shell.console.note(fmt::format(
            "warning: kubectl cannot log in with this: it sends no credentials over http://, as in "
            "{}; start the server with --tls-self-signed (or a certificate of its own) and print "
            "the kubeconfig with --server https://...",
            target.server));
    if (shell.console.out_is_terminal())
        shell.console.note(
            "This holds the API key: keep it in a file that only you can read, as in '(umask 077; "
            "snapgate kubeconfig ... > FILE)'.");
    shell.console.print_document(kubeconfig_text(kubeconfig));
    return Exit::kOk;
}

}  // namespace

Command kubeconfig_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> flags = fleet_options(options->scope);
    flags.push_back({"-n,--namespace", &options->ns, "NS",
                     "The namespace that kubectl works in (default: default)"});
    return {
        .name = "kubeconfig",
        .help = "Print a kubeconfig for a cluster, or for all; it holds the API key",
        .options = std::move(flags),
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
