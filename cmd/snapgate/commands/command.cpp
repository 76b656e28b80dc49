#include "commands/command.h"

#include <fmt/format.h>

#include <utility>

#include "remote/resolve.h"

namespace snapgate::cli {

void add_connection_options(CLI::App& command, ConnectionFlags& flags) {
    constexpr const char* kGroup = "Connection";
    command
        .add_option("--server", flags.server, "The server, as https://host:port (SNAPGATE_SERVER)")
        ->type_name("URL")
        ->group(kGroup);
    command
        .add_option("--api-key-file", flags.api_key_file,
                    "File that holds the API key (the key itself: SNAPGATE_API_KEY)")
        ->type_name("FILE")
        ->group(kGroup);
    command
        .add_option("--ca", flags.ca,
                    "PEM file of the CA that signed the server's certificate (SNAPGATE_CA)")
        ->type_name("FILE")
        ->group(kGroup);
    command
        .add_option("--project", flags.project,
                    "Act in this project, by name or uid (SNAPGATE_PROJECT)")
        ->type_name("PROJECT")
        ->group(kGroup);
}

void add_answer_option(CLI::App& command, std::string& output) {
    command
        .add_option("-o,--output", output,
                    "json or yaml: what the API answered; name: the uid alone")
        ->type_name("FORMAT");
}

void end_command(CLI::App& command, std::string footer, Action& chosen, Action action) {
    command.footer(std::move(footer));
    command.callback([&chosen, action = std::move(action)] { chosen = action; });
}

Outcome<Api> open_api(const ConnectionFlags& flags, Shell& shell,
                      std::chrono::milliseconds timeout) {
    SNAPGATE_ASSIGN(Target target, resolve_target(flags, shell.environment));
    if (!is_private_channel(target.server))
        shell.console.note(fmt::format(
            "warning: {} is not encrypted: the API key can be read on its way", target.server));
    Api api(target, timeout);
    SNAPGATE_TRY(enter_project(api, target));
    return api;
}

Outcome<Format> parse_answer_format(std::string_view text) {
    SNAPGATE_ASSIGN(Format format, parse_format(text));
    if (format == Format::kWide || text == "table")
        return Failure(Exit::kUsage,
                       fmt::format("this command prints no table: -o takes json, yaml or name, not "
                                   "{}",
                                   text));
    return format;
}

}  // namespace snapgate::cli
