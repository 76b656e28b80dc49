#include <fmt/format.h>

#include <memory>

#include "commands/command.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"
#include "remote/resolve.h"
#include "terminal/json_path.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The new connection is checked before it takes the place of the old one: refused credentials and
broken certificates change nothing. The mirror stays, and goes on with what changed meanwhile.

Examples:
  snapgate set kubeconfig --cluster edge edge.kubeconfig
  snapgate set kubeconfig --cluster edge ~/.kube/config --context edge)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string file;
    std::string context;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(std::string kubeconfig, read_kubeconfig_file(options.file, options.context));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.cluster));
    SNAPGATE_ASSIGN(auto answer, set_connection(api, cluster.uid, kubeconfig));
    note_warnings(shell.console, answer);
    const json::Value* changed = value_at(answer, {"changed"});
    const bool same = changed != nullptr && changed->is_bool() && !changed->get_bool();
    shell.console.print_document(
        fmt::format("cluster/{} {}", cluster.name, same ? "unchanged" : "configured"));
    return Exit::kOk;
}

}  // namespace

void add_set(CLI::App& root, Action& chosen) {
    CLI::App* set = root.add_subcommand("set", "Change the kubeconfig of a connected cluster");
    set->require_subcommand(1);
    auto options = std::make_shared<Options>();
    CLI::App* command = set->add_subcommand(
        "kubeconfig", "Give a connected cluster other credentials, or another address");
    command->add_option("--cluster", options->cluster, "The cluster, by name or uid")
        ->required()
        ->type_name("CLUSTER");
    command->add_option("FILE", options->file, "The kubeconfig ('-': standard input)")
        ->required()
        ->type_name("");
    command
        ->add_option("--context", options->context,
                     "The context of the kubeconfig (without: its current one)")
        ->type_name("CONTEXT");
    add_connection_options(*command, options->connection);
    end_command(*command, kFooter, chosen,
                [options](Shell& shell) { return run(*options, shell); });
    set->footer("Examples:\n  snapgate set kubeconfig --cluster edge edge.kubeconfig");
}

}  // namespace snapgate::cli
