#include <fmt/format.h>

#include <memory>

#include "base/encoding.h"
#include "commands/all_commands.h"
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
  kubectl --kubeconfig demo.kubeconfig get vmsnapshots -A)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string ns;
};

Outcome<std::string> read_ca(const std::string& file) {
    if (file.empty()) return std::string();
    SNAPGATE_ASSIGN(const std::string text, read_file(file, net::kMostPemBytes, "the CA"));
    return certificates_in(text, file);
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
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.cluster));
    kubeconfig.name = cluster.name;
    kubeconfig.server =
        fmt::format("{}/clusters/{}", target.server, base::percent_encode(cluster.uid));
    kubeconfig.token = target.key;
    kubeconfig.ns = options.ns;
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
    return {
        .name = "kubeconfig",
        .help = "Print a kubeconfig for a cluster; it holds the API key",
        .options = {cluster_option(options->cluster),
                    {"-n,--namespace", &options->ns, "NS",
                     "The namespace that kubectl works in (default: default)"}},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
