#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "output/documents.h"
#include "remote/api.h"
#include "remote/context.h"
#include "remote/resolve.h"
#include "terminal/console.h"

namespace snapgate::cli {

// What a command works with while it runs.
struct Shell {
    Console& console;
    Environment environment;
    std::vector<std::string> typed;  // the command line, the program first; it holds no secret
};

// Runs a command; its options have been read before.
using Action = std::function<Outcome<Exit>(Shell&)>;

// What the value of an option, or an argument, may be, for completion.
enum class Completes : uint8_t {
    kByName,  // as the name of the value says: CLUSTER, PROJECT, NS, CONTEXT, FILE, DIR
    kNothing,
    kFile,
    kFolder,
    kContext,
    kCluster,
    kProject,
    kKey,
    kNamespace,
    kSnapshot,
};

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
    // Set to whether the command line has it, where that matters: its value may be empty then. That
    // of every other option may not.
    bool* given = nullptr;
    // The values that there are, for completion; one that ends in "=" or ":" goes on.
    // NOLINTNEXTLINE(readability-redundant-member-init): rows leave it out; see Command
    std::vector<std::string> words = {};
    bool only_words = false;  // another value is refused
    Completes completes = Completes::kByName;
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

// The option, with what its values may be.
Option with_words(Option option, std::vector<std::string> words);
Option completing(Option option, Completes what);
Completes completes_names_of(Kind kind);

// Whether the command line has the option: no value of one is empty.
bool is_given(const Option& option);

// Options that several commands have.
std::vector<Option> connection_options(ConnectionFlags& flags);
Option cluster_option(std::string& cluster);
inline constexpr const char* kJsonPathWord = "jsonpath=";
inline constexpr const char* kColumnsWord = "custom-columns=";
// -o of a command with a table: the formats that it has, the default first.
Option table_output_option(std::string& output, std::vector<std::string> formats);
// -o of a command that prints one answer; `help` says what of it.
Option output_option(std::string& output, std::string help);
// The same where it has no name to print.
Option nameless_output_option(std::string& output, std::string help);
// The values of an option in words: "table, wide or jsonpath=...".
std::string in_words(const std::vector<std::string>& words);
// Whether the value is one of the option's words. Of one that goes on, as jsonpath=..., any value
// is; it may also be in a file, as jsonpath-file=...
bool takes(const Option& option, std::string_view value);
// --no-headers of a command that prints a table.
Option no_headers_option(bool& no_headers);
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

// The format that -o names, of a command with a table.
Outcome<Format> parse_table_format(std::string_view text, bool no_headers);

}  // namespace snapgate::cli
