#include <fmt/format.h>

#include <memory>

#include "base/duration.h"
#include "command.h"
#include "create_cluster.h"
#include "create_key.h"
#include "create_snapshot.h"
#include "json_path.h"
#include "resolve.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    std::string name;
    std::string uid;
    std::string output;
};

Outcome<Exit> run(Kind kind, const Options& options, Shell& shell) {
    const KindWords& words = words_of(kind);
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    json::Object body;
    body["name"] = options.name;
    if (!options.uid.empty()) body["uid"] = options.uid;
    SNAPGATE_ASSIGN(auto response, api.post(std::string(words.path), body));
    SNAPGATE_ASSIGN(auto made, parse_answer(response, api.server()));
    if (format == Format::kName) {
        shell.console.print_document(text_at(made, {"uid"}));
    } else if (format == Format::kTable) {
        shell.console.print_document(fmt::format("{}/{} created (uid {})", words.one,
                                                 text_at(made, {"name"}), text_at(made, {"uid"})));
    } else {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
    }
    return Exit::kOk;
}

void add_kind(CLI::App& create, Action& chosen, Kind kind, const char* description,
              const char* examples) {
    auto options = std::make_shared<Options>();
    CLI::App* command = create.add_subcommand(std::string(words_of(kind).one), description);
    command->add_option("NAME", options->name, "What it is called; no other may be called so")
        ->required()
        ->type_name("");
    command
        ->add_option("--uid", options->uid,
                     "Its uid: letters, digits and '-'; without it the server makes one")
        ->type_name("UID");
    add_answer_option(*command, options->output);
    add_connection_options(*command, options->connection);
    end_command(*command, examples, chosen,
                [kind, options](Shell& shell) { return run(kind, *options, shell); });
}

}  // namespace

void add_create(CLI::App& root, Action& chosen) {
    CLI::App* create =
        root.add_subcommand("create", "Make a snapshot, a project, a cluster or an API key");
    create->require_subcommand(1);
    add_create_snapshot(*create, chosen);
    add_kind(*create, chosen, Kind::kProject,
             "Make a project: a part of the tenant, with clusters and keys",
             "Examples:\n"
             "  snapgate create project payments\n"
             "  uid=$(snapgate create project web -o name)");
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
