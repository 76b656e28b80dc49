#include <fmt/format.h>

#include <memory>
#include <utility>

#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/connection_request.h"
#include "remote/kubeconfig_file.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

constexpr const char* kProjectFooter =
    R"(Examples:
  snapgate create project payments
  uid=$(snapgate create project web -o name))";

constexpr const char* kClusterFooter =
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
  snapgate create cluster edge-7 --kubeconfig ~/.kube/config --kubeconfig-context edge-7 --project payments)";

// The entry to be created: a project or a cluster.
struct Options {
    ConnectionFlags connection;
    std::string name;
    std::string uid;         // "": the server makes one
    std::string kubeconfig;  // of a cluster, as its context; "": it is hosted
    std::string context;
    std::string expected_every;  // of a hosted cluster
    std::string output;
};

Option name_option(std::string& name) {
    return {"NAME", &name, "", "Its name, which must be unique (that of a cluster in its project)",
            kNeeded};
}

Option uid_option(std::string& uid) {
    return {"--uid", &uid, "UID", "Its uid: letters, digits and '-' (default: made by the server)"};
}

// Prints the API's answer as -o asks for: a line, only the uid, or the whole object.
Outcome<Exit> print_new_entry(Console& console, const Format& format, std::string_view kind,
                              const json::Object& made) {
    if (format == Format::kName) {
        console.print_line(json::text_at(made, {"uid"}));
    } else if (format == Format::kTable) {
        console.print_line(fmt::format("{}/{} created (uid {})", kind,
                                       json::text_at(made, {"name"}),
                                       json::text_at(made, {"uid"})));
    } else {
        SNAPGATE_TRY(print_value(console, format, made));
    }
    return Exit::kOk;
}

Outcome<Exit> create_project(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    json::Object body{{"name", options.name}};
    if (!options.uid.empty()) body["uid"] = options.uid;
    SNAPGATE_ASSIGN(auto response, api.post(std::string(words_of(Kind::kProject).path), body));
    SNAPGATE_ASSIGN(auto made, parse_answer(response, api.server()));
    return print_new_entry(shell.console, format, "project", made);
}

Outcome<Exit> create_cluster(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    if (options.kubeconfig.empty() && !options.context.empty())
        return Failure(Exit::kUsage,
                       "--kubeconfig-context goes with --kubeconfig: give both or neither");
    if (!options.kubeconfig.empty() && !options.expected_every.empty())
        return Failure(Exit::kUsage,
                       "--expected-every is for hosted clusters: leave --kubeconfig out");
    std::string kubeconfig;
    if (!options.kubeconfig.empty()) {
        SNAPGATE_ASSIGN(kubeconfig, read_kubeconfig_file(options.kubeconfig, options.context));
    }
    SNAPGATE_ASSIGN(Api api, kubeconfig.empty()
                                 ? open_api(options.connection, shell)
                                 : open_api_for_kubeconfig(options.connection, shell));
    NewCluster cluster{options.name, options.uid, api.project_uid(), kubeconfig};
    cluster.expected_every = options.expected_every;
    SNAPGATE_ASSIGN(const json::Object made, make_cluster(api, cluster));
    note_warnings(shell.console, made);
    return print_new_entry(shell.console, format, "cluster", made);
}

}  // namespace

Command create_project_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "project",
        .help = "Create a project: a part of the tenant, with its own clusters and keys",
        .options = {name_option(options->name), uid_option(options->uid),
                    answer_option(options->output)},
        .connection = &options->connection,
        .footer = kProjectFooter,
        .run = [options](Shell& shell) { return create_project(*options, shell); },
    };
}

Command create_cluster_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "cluster",
        .help = "Create a hosted cluster, or connect a real one with --kubeconfig",
        .options = {name_option(options->name),
                    uid_option(options->uid),
                    answer_option(options->output),
                    {"--kubeconfig", &options->kubeconfig, "FILE",
                     "Connect the cluster that this kubeconfig names ('-': standard input)"},
                    kubeconfig_context_option(options->context),
                    {"--expected-every", &options->expected_every, "DURATION",
                     "Of a hosted cluster: how often it is imported into, as in 24h; it is Stale\n"
                     "when an import is late"}},
        .connection = &options->connection,
        .footer = kClusterFooter,
        .run = [options](Shell& shell) { return create_cluster(*options, shell); },
    };
}

}  // namespace snapgate::cli
