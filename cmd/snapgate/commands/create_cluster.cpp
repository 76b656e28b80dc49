#include "commands/create_cluster.h"

#include <memory>

#include "commands/new_entry.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Without --kubeconfig the cluster is hosted: its snapshots are kept in the server's own store.
It has no hypervisor: nothing drives a snapshot's phase but a controller of your own, or the next
import. With --kubeconfig the server follows a real cluster and keeps a mirror of its snapshots;
files that the kubeconfig names are read here, and only the context that is used is sent.
The connection is checked before anything is stored: what cannot be reached yet is stored with a
warning, refused credentials and broken certificates are not.
A new cluster belongs to the project of --project, and to Default without it.

Examples:
  snapgate create cluster demo --uid demo
  snapgate create cluster edge --kubeconfig edge.kubeconfig
  snapgate create cluster edge-7 --kubeconfig ~/.kube/config --context edge-7 --project payments)";

struct Options {
    ConnectionFlags connection;
    NewEntry entry;
    std::string kubeconfig;
    std::string context;
};

Outcome<net::ClientResponse> make_hosted(Api& api, const Options& options) {
    json::Object body{{"name", options.entry.name}};
    if (!options.entry.uid.empty()) body["uid"] = options.entry.uid;
    if (!api.project_uid().empty()) body["projectUid"] = api.project_uid();
    return api.post("/admin/v1/clusters", body);
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.entry.output));
    if (options.kubeconfig.empty() && !options.context.empty())
        return Failure(Exit::kUsage, "--context goes with --kubeconfig: give both or neither");
    std::string kubeconfig;
    if (!options.kubeconfig.empty()) {
        SNAPGATE_ASSIGN(kubeconfig, read_kubeconfig_file(options.kubeconfig, options.context));
    }
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    json::Object made;
    if (kubeconfig.empty()) {
        SNAPGATE_ASSIGN(auto response, make_hosted(api, options));
        SNAPGATE_ASSIGN(made, parse_answer(response, api.server()));
    } else {
        const NewConnection connection{options.entry.name, options.entry.uid, api.project_uid(),
                                       kubeconfig};
        SNAPGATE_ASSIGN(made, connect_cluster(api, connection));
        note_warnings(shell.console, made);
    }
    return print_new_entry(shell.console, format, "cluster", made, api.server());
}

}  // namespace

void add_create_cluster(CLI::App& create, Action& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = create.add_subcommand(
        "cluster", "Make a hosted cluster, or connect a real one with --kubeconfig");
    add_entry_options(*command, options->entry);
    command
        ->add_option("--kubeconfig", options->kubeconfig,
                     "Connect the cluster that this kubeconfig names ('-': standard input)")
        ->type_name("FILE");
    command
        ->add_option("--context", options->context,
                     "The context of the kubeconfig (without: its current one)")
        ->type_name("CONTEXT");
    add_connection_options(*command, options->connection);
    end_command(*command, kFooter, chosen,
                [options](Shell& shell) { return run(*options, shell); });
}

}  // namespace snapgate::cli
