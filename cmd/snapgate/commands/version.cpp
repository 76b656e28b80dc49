#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "json/path.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    std::string output;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    SNAPGATE_ASSIGN(auto target, resolve_server(options.connection, shell.environment));
    if (format == Format::kName) {
        shell.console.print(SNAPGATE_VERSION "\n");
        return Exit::kOk;
    }
    const bool document = is_document(format);
    if (!document) shell.console.print("client: " SNAPGATE_VERSION "\n");
    json::Object both;
    both["client"] = json::Object{{"version", SNAPGATE_VERSION}};
    if (target) {
        target->key.clear();  // /version needs none
        Api api(*target);
        SNAPGATE_ASSIGN(auto response, api.get("/version"));
        SNAPGATE_ASSIGN(auto answer, parse_answer(response, api.server()));
        if (!document)
            shell.console.print_line(
                fmt::format("server: {} ({})", json::text_at(answer, {"version"}), target->server));
        both["server"] = std::move(answer);
    }
    if (document) SNAPGATE_TRY(print_value(shell.console, format, both));
    return Exit::kOk;
}

}  // namespace

Command version_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "version",
        .help = "The version of this program, and of the server if one is known",
        .options = {output_option(options->output,
                                  "json or yaml: both versions; name: only this program's")},
        .connection = &options->connection,
        .footer = "Examples:\n  snapgate version\n  snapgate version -o json",
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
