#include <memory>

#include "commands/command.h"
#include "commands/create_cluster.h"
#include "commands/create_key.h"
#include "commands/create_snapshot.h"
#include "commands/new_entry.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    NewEntry entry;
};

Outcome<Exit> create_project(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.entry.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    json::Object body{{"name", options.entry.name}};
    if (!options.entry.uid.empty()) body["uid"] = options.entry.uid;
    SNAPGATE_ASSIGN(auto response, api.post("/admin/v1/projects", body));
    SNAPGATE_ASSIGN(auto made, parse_answer(response, api.server()));
    return print_new_entry(shell.console, format, "project", made, api.server());
}

void add_create_project(CLI::App& create, Action& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = create.add_subcommand(
        "project", "Make a project: a part of the tenant, with clusters and keys");
    add_entry_options(*command, options->entry);
    add_connection_options(*command, options->connection);
    end_command(*command,
                "Examples:\n"
                "  snapgate create project payments\n"
                "  uid=$(snapgate create project web -o name)",
                chosen, [options](Shell& shell) { return create_project(*options, shell); });
}

}  // namespace

void add_create(CLI::App& root, Action& chosen) {
    CLI::App* create =
        root.add_subcommand("create", "Make a snapshot, a project, a cluster or an API key");
    create->require_subcommand(1);
    add_create_snapshot(*create, chosen);
    add_create_project(*create, chosen);
    add_create_cluster(*create, chosen);
    add_create_key(*create, chosen);
    create->footer(
        "Examples:\n"
        "  snapgate create cluster demo\n"
        "  snapgate create cluster edge --kubeconfig edge.kubeconfig\n"
        "  snapgate create key ci --role reader --expires 90d\n"
        "  snapgate create snapshot --cluster demo -n payments --vm db-01");
}

}  // namespace snapgate::cli
