#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "remote/context_file.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Removes a context with its key from this machine: the one in use, unless another is named. The
key itself stays valid: 'snapgate delete key' revokes it.

Examples:
  snapgate logout
  snapgate logout --context prod
  snapgate logout --all)";

struct Options {
    std::string context;
    bool all = false;
};

Outcome<> remove(const Options& options, const Environment& environment, Contexts& contexts,
                 std::vector<std::string>& removed) {
    if (options.all) {
        for (const auto& [name, context] : contexts.named) removed.push_back(name);
        contexts = {};
        return {};
    }
    std::string name = options.context;
    if (name.empty()) name = environment("SNAPGATE_CONTEXT").value_or(contexts.current);
    if (name.empty())
        return Failure(Exit::kUsage,
                       contexts.named.empty()
                           ? "no context is saved: there is nothing to log out of"
                           : "no context is in use: say which with --context, or give --all");
    SNAPGATE_TRY(find_context(contexts, name));
    contexts.named.erase(name);
    if (contexts.current == name) contexts.current.clear();
    removed.push_back(std::move(name));
    return {};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const auto file, context_path(shell.environment));
    std::vector<std::string> removed;
    bool others = false;
    SNAPGATE_TRY(change_contexts(file, OpenToOthers::kClose, [&](Contexts& contexts) -> Outcome<> {
        SNAPGATE_TRY(remove(options, shell.environment, contexts, removed));
        others = contexts.current.empty() && !contexts.named.empty();
        return {};
    }));
    for (const std::string& name : removed)
        shell.console.print_line(fmt::format("Logged out of {}.", name));
    if (others)
        shell.console.note(
            "No context is in use now: 'snapgate config use-context NAME' chooses one.");
    return Exit::kOk;
}

}  // namespace

Command logout_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "logout",
        .help = "Remove a context, with its key, from this machine",
        .options = {{"--context", &options->context, "CONTEXT",
                     "The context (default: the one in use)"},
                    {"--all", &options->all, "", "All contexts", false, "--context"}},
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
