#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "base/count_text.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"
#include "terminal/printable.h"
#include "terminal/secret_prompt.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The key comes from --api-key-file, or is asked for on the terminal, or else comes
from SNAPGATE_API_KEY. It is tried on the server first, and saved only if it works:
in snapgate/context.json in your configuration folder, which only you can read.

Examples:
  snapgate login https://snapgate.example.com:8080
  snapgate login https://127.0.0.1:8080 --ca data/ca.crt --api-key-file data/admin.key)";

struct Options {
    ConnectionFlags connection;
    std::string output;
};

Outcome<std::string> obtain_key(const Options& options, const std::string& server, Shell& shell) {
    if (!options.connection.api_key_file.empty())
        return read_key_file(options.connection.api_key_file);
    auto from_environment = shell.environment("SNAPGATE_API_KEY");
    if (isatty(STDIN_FILENO) == 1) {
        SNAPGATE_ASSIGN(
            std::string typed,
            ask_secret(STDIN_FILENO,
                       fmt::format("API key for {}{}: ", printable(server),
                                   from_environment ? " (empty for SNAPGATE_API_KEY)" : "")));
        if (!typed.empty() || !from_environment) return check_key(typed, "what was typed");
    }
    if (from_environment) return check_key(*from_environment, "SNAPGATE_API_KEY");
    return Failure(Exit::kUsage,
                   "there is no terminal to ask for the API key: give --api-key-file FILE or "
                   "SNAPGATE_API_KEY");
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_answer_format(options.output));
    SNAPGATE_ASSIGN(auto file, context_path(shell.environment));
    // login replaces the context, so faults of the old one do not matter.
    auto without_context = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "HOME" || name == "XDG_CONFIG_HOME" || name == "SNAPGATE_API_KEY")
            return std::nullopt;
        return shell.environment(name);
    };
    ConnectionFlags flags = options.connection;
    flags.api_key_file.clear();
    SNAPGATE_ASSIGN(auto target, resolve_server(flags, without_context));
    SNAPGATE_ASSIGN(target->key, obtain_key(options, target->server, shell));
    warn_of_plain_http(shell.console, target->server);

    Api api(*target);
    SNAPGATE_TRY(enter_project(api, *target));
    SNAPGATE_ASSIGN(auto response, api.get("/admin/v1/projects"));
    SNAPGATE_ASSIGN(auto projects, parse_items(response, api.server()));

    Context context{target->server, target->key, {}, target->project};
    if (!target->ca.empty()) {
        std::error_code ec;
        context.ca = std::filesystem::absolute(target->ca, ec).lexically_normal();
    }
    SNAPGATE_TRY(write_context(file, context));
    if (format == Format::kName) {
        shell.console.print_line(target->server);
    } else if (format == Format::kTable) {
        shell.console.print_line(fmt::format("Logged in to {}: the key sees {}.", target->server,
                                             base::counted(projects.size(), "project")));
        shell.console.print_line(fmt::format("The context is in {}.", file.string()));
    } else {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
    }
    return Exit::kOk;
}

}  // namespace

Command login_command() {
    auto options = std::make_shared<Options>();
    ConnectionFlags& connection = options->connection;
    return {
        .name = "login",
        .help = "Check an API key, and use it and its server from now on",
        .options = {{"SERVER", &connection.server, "", "The server, as https://host:port", kNeeded},
                    {"--api-key-file", &connection.api_key_file, "FILE",
                     "File that holds the API key"},
                    {"--ca", &connection.ca, "FILE",
                     "PEM file of the CA that signed the server's certificate (SNAPGATE_CA)"},
                    {"--project", &connection.project, "PROJECT",
                     "Act in this project from now on, by name or uid (SNAPGATE_PROJECT)"},
                    output_option(
                        options->output,
                        "json or yaml: the projects that the key may see; name: the server")},
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
