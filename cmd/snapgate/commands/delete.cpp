#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "base/encoding.h"
#include "commands/command.h"
#include "commands/delete_snapshot.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

// How the server says that something is not empty.
constexpr std::string_view kForceAdvice = ": delete it with force=true";

struct Options {
    ConnectionFlags connection;
    std::vector<std::string> names;
    bool force = false;
    std::string output;
};

Outcome<Exit> run(Kind kind, const Options& options, Shell& shell) {
    const KindWords& words = words_of(kind);
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    // All names first: a mistyped one leaves everything as it is.
    std::vector<Named> targets;
    for (const std::string& name : options.names) {
        SNAPGATE_ASSIGN(Named target, resolve(api, kind, name));
        targets.push_back(std::move(target));
    }
    for (const Named& target : targets) {
        auto response =
            api.remove(fmt::format("{}/{}{}", words.path, base::percent_encode(target.uid),
                                   options.force ? "?force=true" : ""));
        if (!response) {
            Failure failure = std::move(response).error();
            // The advice is for the API: here it is a flag.
            if (const size_t advice = failure.message.find(kForceAdvice);
                advice != std::string::npos && !options.force)
                failure.message =
                    fmt::format("{}: 'snapgate delete {} {} --force' deletes what it holds, too",
                                failure.message.substr(0, advice), words.one, target.name);
            return failure;
        }
        if (format == Format::kName) {
            shell.console.print_document(target.uid);
        } else if (format == Format::kTable) {
            shell.console.print_document(
                fmt::format("{}/{} deleted (uid {})", words.one, target.name, target.uid));
        } else {
            SNAPGATE_TRY(print_answer(shell.console, format, *response, api.server()));
        }
    }
    return Exit::kOk;
}

void add_kind(CLI::App& parent, Action& chosen, Kind kind, const char* description,
              const char* force) {
    auto options = std::make_shared<Options>();
    const KindWords& words = words_of(kind);
    CLI::App* command = parent.add_subcommand(std::string(words.one), description);
    command->alias(std::string(words.many));
    command->add_option("NAME", options->names, "Which, by name or uid")->required()->type_name("");
    if (force != nullptr) command->add_flag("--force", options->force, force);
    add_answer_option(*command, options->output);
    add_connection_options(*command, options->connection);
    end_command(*command, fmt::format("Example:\n  snapgate delete {} NAME", words.one), chosen,
                [kind, options](Shell& shell) { return run(kind, *options, shell); });
}

}  // namespace

void add_delete(CLI::App& root, Action& chosen) {
    CLI::App* parent =
        root.add_subcommand("delete", "Delete a snapshot, a project, a cluster or an API key");
    parent->require_subcommand(1);
    add_delete_snapshot(*parent, chosen);
    add_kind(*parent, chosen, Kind::kProject,
             "Delete a project; one that holds something needs --force",
             "Delete its clusters, with their snapshots, and its keys, too");
    add_kind(*parent, chosen, Kind::kCluster,
             "Delete a cluster; one that holds snapshots needs --force",
             "Delete its snapshots, too");
    add_kind(*parent, chosen, Kind::kKey,
             "Delete an API key: from the next request on it is refused", nullptr);
    parent->footer("Example:\n  snapgate delete cluster demo --force");
}

}  // namespace snapgate::cli
