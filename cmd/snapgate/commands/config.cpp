#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "remote/context_file.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

struct Options {
    std::string name;
    std::vector<std::string> names;
    std::string output;
    bool no_headers = false;
};

Outcome<Contexts> saved(const Shell& shell) {
    SNAPGATE_ASSIGN(const auto file, context_path(shell.environment));
    return read_contexts(file);
}

// The name of the context that commands use when they name none; "" for none.
std::string used_name(const Shell& shell, const Contexts& contexts) {
    return shell.environment("SNAPGATE_CONTEXT").value_or(contexts.current);
}

// Without its key, which nothing but a request shows.
json::Object shown(const std::string& name, const Context& context, bool current) {
    json::Object object{{"name", name}, {"server", context.server}, {"current", current}};
    if (!context.ca.empty()) object["ca"] = context.ca;
    if (!context.project.empty()) object["project"] = context.project;
    return object;
}

Outcome<Exit> get_contexts(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const Format format, parse_table_format(options.output, options.no_headers));
    if (format == Format::kWide)
        return Failure(Exit::kUsage, "-o wide: the table of contexts has no more columns");
    SNAPGATE_ASSIGN(Contexts contexts, saved(shell));
    const std::string current = used_name(shell, contexts);
    if (!options.names.empty()) {
        Contexts chosen;
        for (const std::string& name : options.names) {
            SNAPGATE_ASSIGN(const Context* context, find_context(contexts, name));
            chosen.named.emplace(name, *context);
        }
        contexts = std::move(chosen);
    }
    Table table({{"CURRENT"}, {"NAME", 0, 16}, {"SERVER", 0, 20}, {"PROJECT", 1}},
                format.look(shell.console.look()));
    std::vector<Table::Row> rows;
    ListWriter list(shell.console, format, {}, {});
    for (const auto& [name, context] : contexts.named) {
        if (is_document(format)) {
            SNAPGATE_TRY(list.add(json::serialize(shown(name, context, name == current))));
        } else if (format == Format::kName) {
            shell.console.print_line(name);
        } else {
            rows.push_back({name == current ? "*" : "", name, context.server,
                            context.project.empty() ? "<all>" : context.project});
        }
    }
    if (is_document(format)) {
        SNAPGATE_TRY(list.finish({}));
    } else if (!rows.empty()) {
        shell.console.print(table.page(rows));
    } else if (contexts.named.empty()) {
        shell.console.note("No contexts found: 'snapgate login SERVER' makes one.");
    }
    return Exit::kOk;
}

Outcome<Exit> use_context(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const auto file, context_path(shell.environment));
    SNAPGATE_TRY(change_contexts(file, OpenToOthers::kRefuse, [&](Contexts& contexts) -> Outcome<> {
        SNAPGATE_TRY(find_context(contexts, options.name));
        contexts.current = options.name;
        return {};
    }));
    if (const auto other = shell.environment("SNAPGATE_CONTEXT"); other && *other != options.name)
        shell.console.note(
            fmt::format("warning: SNAPGATE_CONTEXT is set: commands go on using {}", *other));
    shell.console.print_line(fmt::format("The context {} is in use.", options.name));
    return Exit::kOk;
}

Outcome<Exit> current_context(Shell& shell) {
    SNAPGATE_ASSIGN(const Contexts contexts, saved(shell));
    const std::string name = used_name(shell, contexts);
    if (name.empty()) return Failure(Exit::kRefused, "no context is in use");
    shell.console.print_line(name);
    return Exit::kOk;
}

}  // namespace

Command get_contexts_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "get-contexts",
        .help = "The contexts that 'login' saved, without their keys",
        .options = {completing({"NAME", &options->names, "", "Only these"}, Completes::kContext),
                    table_output_option(options->output, {"table", "json", "yaml", "name", "jsonl",
                                                          kJsonPathWord, kColumnsWord}),
                    no_headers_option(options->no_headers)},
        .footer =
            "Examples:\n"
            "  snapgate config get-contexts\n"
            "  snapgate config get-contexts -o name",
        .run = [options](Shell& shell) { return get_contexts(*options, shell); },
    };
}

Command use_context_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "use-context",
        .help = "Use this context from now on",
        .options = {completing({"NAME", &options->name, "", "Name of the context", kNeeded},
                               Completes::kContext)},
        .footer =
            "Example:\n"
            "  snapgate config use-context prod",
        .run = [options](Shell& shell) { return use_context(*options, shell); },
    };
}

Command current_context_command() {
    return {
        .name = "current-context",
        .help = "Print the name of the context in use",
        .footer =
            "Example:\n"
            "  snapgate config current-context",
        .run = [](Shell& shell) { return current_context(shell); },
    };
}

}  // namespace snapgate::cli
