#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "remote/api.h"
#include "remote/context.h"
#include "terminal/console.h"
#include "terminal/output.h"

namespace snapgate::cli {

// What a command works with while it runs.
struct Shell {
    Console& console;
    Environment environment;
    std::vector<std::string> typed;  // the command line, the program first; it holds no secret
};

// Runs a command; its options have been read before.
using Action = std::function<Outcome<Exit>(Shell&)>;

// One flag, option or argument of a command, as a row of its table. Only command_line.cpp knows the
// library that reads it.
struct Option {
    std::string name;  // "--all", "-n,--namespace"; without dashes it is an argument
    // Where its value goes: true for a flag, a text, or each text where several may be given. Must
    // outlive the reading of the command line.
    std::variant<bool*, std::string*, std::vector<std::string>*> into;
    std::string value;  // name of its value in the help; "" for flags and arguments
    std::string help;
    bool needed = false;
    const char* excludes = nullptr;  // the option that may not be given beside it
    const char* unless = nullptr;    // needed, unless that option is given
    bool* given = nullptr;           // set to whether the command line has it, where that matters
};
inline constexpr bool kNeeded = true;

// A command, as a row of the table of commands (all_commands.h). It does something, or it has
// commands below it.
// NOLINTBEGIN(readability-redundant-member-init): the compiler takes a member that a row leaves out
// for a forgotten one, unless it has an initializer.
struct Command {
    std::string name;
    std::string help;
    std::vector<std::string> aliases{};
    std::vector<Option> options{};
    // Where --context, --server, --api-key-file, --ca and --project go; null for a command without
    // them.
    ConnectionFlags* connection = nullptr;
    std::string footer;  // printed below its help
    Action run{};        // holds whatever the options are read into
    std::vector<Command> commands{};
};
// NOLINTEND(readability-redundant-member-init)

// Options that several commands have.
std::vector<Option> connection_options(ConnectionFlags& flags);
Option cluster_option(std::string& cluster);
Option output_option(std::string& output, std::string help);
// -o of a command that prints one answer: json, yaml or name.
Option answer_option(std::string& output);
// Of a command that reads a kubeconfig; --context is that of the server, as everywhere.
Option kubeconfig_context_option(std::string& context);

// kUsage if what -n gives cannot be a namespace.
Outcome<> check_namespace(std::string_view ns);

// Warns where the API key would cross a network in clear.
void warn_of_plain_http(Console& console, std::string_view server);

// The API of the server that flags, environment and context name, in their project.
Outcome<Api> open_api(const ConnectionFlags& flags, Shell& shell,
                      std::chrono::milliseconds timeout = std::chrono::seconds(60));

// The same for a command that reads a kubeconfig, whose context --context named in earlier
// versions: the message for one that is not there says so.
Outcome<Api> open_api_for_kubeconfig(const ConnectionFlags& flags, Shell& shell);

// The format that -o names; kUsage for a table where an answer is no table.
Outcome<Format> parse_answer_format(std::string_view text);

}  // namespace snapgate::cli
