#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <functional>
#include <string>
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

// A command as chosen by the command line, ready to run.
using Action = std::function<Outcome<Exit>(Shell&)>;

// Each adds one command to the command line; if it is the one that was given, parsing puts it into
// `chosen`, which must outlive the parsing.
void add_serve(CLI::App& root, Action& chosen);
void add_login(CLI::App& root, Action& chosen);
void add_get(CLI::App& root, Action& chosen);
void add_create(CLI::App& root, Action& chosen);
void add_set(CLI::App& root, Action& chosen);
void add_check(CLI::App& root, Action& chosen);
void add_apply(CLI::App& root, Action& chosen);
void add_print(CLI::App& root, Action& chosen);
void add_delete(CLI::App& root, Action& chosen);
void add_describe(CLI::App& root, Action& chosen);
void add_import(CLI::App& root, Action& chosen);
void add_kubeconfig(CLI::App& root, Action& chosen);
void add_version(CLI::App& root, Action& chosen);

// --server, --api-key-file, --ca and --project. `flags` must outlive the parsing.
void add_connection_options(CLI::App& command, ConnectionFlags& flags);
// -o for what prints one answer: json, yaml or name.
void add_answer_option(CLI::App& command, std::string& output);
// The last that is said of a command: what stands below its help, and what runs if parsing finds
// that it was given. `chosen` must outlive the parsing.
void end_command(CLI::App& command, std::string footer, Action& chosen, Action action);

// The API of the server that flags, environment and context name, in their project.
Outcome<Api> open_api(const ConnectionFlags& flags, Shell& shell,
                      std::chrono::milliseconds timeout = std::chrono::seconds(60));

// The format that -o names; kUsage for a table where an answer is no table.
Outcome<Format> parse_answer_format(std::string_view text);

}  // namespace snapgate::cli
