#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "base/count_text.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/context_file.h"
#include "remote/resolve.h"
#include "terminal/printable.h"
#include "terminal/secret_prompt.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The key comes from --api-key-file, or is asked for on the terminal, or else comes
from SNAPGATE_API_KEY. It is tried on the server first, and saved only if it works:
as a context of this name in snapgate/context.json in your configuration folder, which only
you can read. The new context is in use from then on; 'snapgate config use-context' changes that.

Examples:
  snapgate login https://snapgate.example.com:8080
  snapgate login https://snapgate.example.com:8080 --name prod
  snapgate login https://127.0.0.1:8080 --ca data/ca.crt --api-key-file data/admin.key
  snapgate login https://snapgate:8443 --token-file /var/run/secrets/snapgate/token)";

struct Options {
    ConnectionFlags connection;
    std::string name;
    std::string token_file;
    std::string output;
};

std::string absolute(const std::string& file) {
    std::error_code ec;
    return std::filesystem::absolute(file, ec).lexically_normal();
}

Outcome<std::string> obtain_key(const Options& options, const std::string& server, Shell& shell) {
    if (!options.token_file.empty()) return read_key_file(options.token_file, kTokenFile);
    if (!options.connection.api_key_file.empty())
        return read_key_file(options.connection.api_key_file, kKeyFile);
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
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    if (!options.name.empty()) SNAPGATE_TRY(check_context_name(options.name));
    if (!options.token_file.empty() && !options.connection.api_key_file.empty())
        return Failure(Exit::kUsage, "--token-file cannot be combined with --api-key-file");
    SNAPGATE_ASSIGN(auto file, context_path(shell.environment));
    // The contexts that there are do not matter to a new one.
    auto without_context = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "SNAPGATE_CA" || name == "SNAPGATE_PROJECT") return shell.environment(name);
        return std::nullopt;
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
    if (!options.token_file.empty()) {
        context.key.clear();
        context.token_file = absolute(options.token_file);
    }
    if (!target->ca.empty()) context.ca = absolute(target->ca);
    const std::string name =
        options.name.empty() ? default_context_name(context.server) : options.name;
    SNAPGATE_TRY(change_contexts(file, OpenToOthers::kClose, [&](Contexts& contexts) -> Outcome<> {
        contexts.named.insert_or_assign(name, std::move(context));
        contexts.current = name;
        return {};
    }));
    if (format == Format::kName) {
        shell.console.print_line(target->server);
    } else if (format == Format::kTable) {
        shell.console.print_line(fmt::format("Logged in to {}: the key sees {}.", target->server,
                                             base::counted(projects.size(), "project")));
        shell.console.print_line(
            fmt::format("The context {} is in use; it is in {}.", name, file.string()));
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
                    {"--name", &options->name, "CONTEXT",
                     "Name of the context (default: host and port of the server)"},
                    {"--api-key-file", &connection.api_key_file, "FILE",
                     "File that holds the API key"},
                    {"--token-file", &options->token_file, "FILE",
                     "File with a token that something renews; each command reads it anew"},
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
