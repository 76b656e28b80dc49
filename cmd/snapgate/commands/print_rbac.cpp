#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "commands/rbac_text.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Prints as YAML the smallest role that is enough, its binding, and a service account with a token.
Needs no server. Apply it in the cluster that you want to connect; the token is then in the secret
snapgate-token. docs/clusters.md shows how to make a kubeconfig of it.

Examples:
  snapgate print rbac
  snapgate print rbac --write
  snapgate print rbac | kubectl --context edge apply -f -)";

struct Options {
    std::string ns = "snapgate";
    bool write = false;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_TRY(check_namespace(options.ns));
    shell.console.print_document(rbac_text(options.ns, options.write));
    return Exit::kOk;
}

}  // namespace

Command print_rbac_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "rbac",
        .help = "Print the role and the service account that a connected cluster needs",
        .options = {{"-n,--namespace", &options->ns, "NS",
                     "The namespace of the service account (default: snapgate)"},
                    {"--write", &options->write, "",
                     "Also allow writes through the server: create, update, patch, delete"}},
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
