#include "commands/command_line.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <type_traits>
#include <variant>

#include "base/nearest.h"
#include "commands/all_commands.h"
#include "commands/flag_of.h"
#include "completion/completion.h"
#include "completion/known_values.h"
#include "terminal/printable.h"

namespace snapgate::cli {
namespace {

constexpr const char* kDescription = "snapgate: VM snapshot inventory for KubeVirt fleets";

// Prints options as "--name VALUE  help", without CLI11's notes on which excludes which.
class HelpText : public CLI::Formatter {
  public:
    HelpText() {
        column_width(32);
        label("SUBCOMMAND", "COMMAND");
        label("OPTIONS", "FLAGS");
        label("Positionals", "Arguments");
    }
    std::string make_subcommand(const CLI::App* command) const override {
        std::ostringstream line;
        CLI::detail::format_help(line, command->get_name(), command->get_description(),
                                 get_column_width());
        return line.str();
    }
    std::string make_option_opts(const CLI::Option* option) const override {
        std::string text;
        if (!option->get_type_name().empty()) text += " " + option->get_type_name();
        if (option->get_required() && !option->get_positional()) text += " (required)";
        return text;
    }
};

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

const CLI::App* command_named(const CLI::App& above, const std::string& word) {
    for (const CLI::App* command : commands_of(above))
        if (command->check_name(word)) return command;
    return nullptr;
}

// What is wrong with the words that name the command; nullopt if they lead to one.
std::optional<std::string> command_fault(const CLI::App& root,
                                         const std::vector<std::string>& arguments) {
    const CLI::App* at = &root;
    std::string path = "snapgate";
    for (const std::string& word : arguments) {
        if (commands_of(*at).empty() || word.starts_with('-')) return std::nullopt;
        const CLI::App* next = command_named(*at, word);
        if (next == nullptr) {
            std::string meant = base::nearest(word, names_of(*at));
            return meant.empty() ? fmt::format("unknown command \"{}\": '{}' takes {}", word, path,
                                               joined(names_of(*at)))
                                 : fmt::format("unknown command \"{}\": did you mean '{} {}'?",
                                               word, path, meant);
        }
        at = next;
        path += " " + next->get_name();
    }
    if (commands_of(*at).empty()) return std::nullopt;
    return fmt::format("'{}' needs a command: {}", path, joined(names_of(*at)));
}

// The command that was being read when parsing failed.
const CLI::App* parsed_command(const CLI::App& root) {
    const CLI::App* at = &root;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
    return at;
}

std::string path_of(const CLI::App& command) {
    if (command.get_parent() == nullptr) return command.get_name();
    return path_of(*command.get_parent()) + " " + command.get_name();
}

// The only long flag that begins with the letter of a short one; "" if there are several.
std::string beginning_with(const std::string& letter, const std::vector<std::string>& flags) {
    std::string only;
    for (const std::string& flag : flags) {
        if (letter.size() != 2 || !flag.starts_with("-" + letter)) continue;
        if (!only.empty()) return {};
        only = flag;
    }
    return only;
}

std::string unexpected(const CLI::App& root, const CLI::App& command) {
    std::vector<std::string> rest = root.remaining(true);
    if (rest.empty()) return "too many arguments";
    // Names an unknown flag first: the word after it may be meant as its value.
    const auto flag_at = std::find_if(rest.begin(), rest.end(),
                                      [](const std::string& one) { return one.starts_with('-'); });
    const std::string& word = flag_at == rest.end() ? rest.front() : *flag_at;
    if (!word.starts_with('-')) return fmt::format("unexpected argument \"{}\"", word);
    std::vector<std::string> flags;
    for (const CLI::Option* option : command.get_options([](const CLI::Option*) { return true; }))
        for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    std::string flag = word.substr(0, word.find('='));
    const std::string meant =
        flag.starts_with("--") ? base::nearest(flag, flags) : beginning_with(flag, flags);
    return meant.empty() ? fmt::format("unknown flag {}", flag)
                         : fmt::format("unknown flag {}: did you mean {}?", flag, meant);
}

// Whether an unread word looks like a flag. CLI11 reports a missing flag first, but the missing one
// may have been mistyped.
bool has_unknown_flag(const CLI::App& root) {
    const std::vector<std::string> rest = root.remaining(true);
    return std::any_of(rest.begin(), rest.end(),
                       [](const std::string& word) { return word.starts_with('-'); });
}

// Ends a command that has printed everything; one whose answer was cut short must not succeed.
Exit end(Console& console, Exit exit) {
    const auto flushed = console.flush();
    if (flushed) return exit;
    console.note("error: " + flushed.error().message);
    return exit == Exit::kOk ? Exit::kRefused : exit;
}

// The options that a message of the parser names, in its order.
std::vector<const CLI::Option*> options_in(const std::string& message, const CLI::App& command) {
    std::vector<const CLI::Option*> found;
    std::istringstream words(message);
    for (std::string word; words >> word;) {
        if (word.ends_with(':')) word.pop_back();
        if (const CLI::Option* option = command.get_option_no_throw(word)) found.push_back(option);
    }
    return found;
}

// An error of the parser in the words of this program. It has types, and names options in its
// message alone; what this file threw itself stays as it is.
std::string told_of(const CLI::ParseError& error, const CLI::App& command) {
    const std::vector<const CLI::Option*> options = options_in(error.what(), command);
    if (options.empty()) return error.what();
    const CLI::Option& option = *options.front();
    const std::string name = option.get_name();
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        return option.count() > 1
                   ? fmt::format("{} is given {} times, and takes one {}", name, option.count(),
                                 option.get_type_name())
                   : fmt::format("{} has no value: {} {}", name, name, option.get_type_name());
    }
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
        return fmt::format("{}={}: this flag takes no value, or true or false", name,
                           joined(option.results()));
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
        return fmt::format("{} cannot be combined with {}", name, options.back()->get_name());
    return error.what();
}

// Says what is wrong with the command line, or shows the help that was asked for.
Exit explain(const CLI::App& root, const CLI::ParseError& error, Console& console) {
    if (error.get_exit_code() == 0) {
        std::ostringstream out;
        std::ostringstream err;
        root.exit(error, out, err);
        std::string help = out.str();
        for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
        console.print_document(help);
        return end(console, Exit::kOk);
    }
    const CLI::App* command = parsed_command(root);
    const bool extra =
        dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
        (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && has_unknown_flag(root));
    console.note("error: " + (extra ? unexpected(root, *command) : told_of(error, *command)));
    console.note(fmt::format("See '{} --help'.", path_of(*command)));
    return Exit::kUsage;
}

Exit run_chosen(const Action& chosen, Shell& shell) {
    const Outcome<Exit> ended = chosen(shell);
    if (ended) return end(shell.console, *ended);
    shell.console.note("error: " + ended.error().message);
    // The output is already known to be lost: it is not reported twice.
    if (ended.error().message.starts_with(kNotWritten)) return ended.error().exit;
    return end(shell.console, ended.error().exit);
}

// Whether a value says something: a text, or one of several texts with commas between them.
bool has_word(const std::string& value) {
    return value.find_first_not_of(", ") != std::string::npos;
}

std::string without_value(std::string_view name) {
    return fmt::format(
        "{} has no value, as of a shell variable that is not set: leave it out if none is meant",
        name);
}

CLI::Option* add_option(CLI::App& command, const Option& row) {
    CLI::Option* option = std::visit(
        [&](auto* into) {
            if constexpr (std::is_same_v<decltype(into), bool*>) {
                return command.add_flag(row.name, *into, row.help);
            } else {
                return command.add_option(row.name, *into, row.help)->type_name(row.value);
            }
        },
        row.into);
    option->required(row.needed);
    // A flag takes one value at a time, also where it may be repeated; arguments come in a row.
    if (!option->get_positional()) option->allow_extra_args(false);
    if (row.excludes != nullptr) option->excludes<CLI::App>(row.excludes);
    if (row.only_words) {
        option->each([row](const std::string& value) {
            if (has_word(value) && !takes(row, value))
                throw CLI::ParseError(
                    fmt::format("-o {}: this command takes {}", value, in_words(row.words)),
                    CLI::ExitCodes::ValidationError);
        });
    }
    if (row.given != nullptr) {
        option->each([given = row.given](const std::string&) { *given = true; });
    } else if (!std::holds_alternative<bool*>(row.into)) {
        // Commands take "" for an option that is not there: a script's unset variable would have
        // them do more than was meant.
        option->each([name = row.name](const std::string& value) {
            if (!has_word(value))
                throw CLI::ParseError(without_value(name), CLI::ExitCodes::ValidationError);
        });
    }
    return option;
}

// Refuses a command line that has neither of two options of which one is needed.
void require_one_of_two(const CLI::App& command, const std::vector<Option>& options) {
    for (const Option& option : options) {
        if (option.unless == nullptr) continue;
        if (command.count(option.name) == 0 && command.count(option.unless) == 0)
            throw CLI::RequiredError(
                fmt::format("{} or {} is required", option.name, option.unless),
                CLI::ExitCodes::RequiredError);
    }
}

// The action, which on a failure names the flag that the server refused.
Action naming_flags(Action run, const CLI::App& command, const std::vector<Option>& options) {
    std::vector<std::string> given;
    for (const Option& option : options)
        // The parser finds an option by one of its names alone.
        if (command.count(option.name.substr(option.name.find(',') + 1)) > 0)
            given.push_back(option.name);
    return [run = std::move(run), given = std::move(given)](Shell& shell) {
        auto ended = run(shell);
        if (!ended) name_flag(ended.error(), given);
        return ended;
    };
}

// Turns rows into commands of the library. Parsing puts the action of the one that is given into
// `chosen`; the rows must outlive it.
void add_commands(CLI::App& parent, const std::vector<Command>& rows, Action& chosen) {
    parent.require_subcommand(1);
    for (const Command& row : rows) {
        CLI::App* command = parent.add_subcommand(row.name, row.help);
        command->group("Commands")->footer(row.footer);
        for (const std::string& alias : row.aliases) command->alias(alias);
        for (const Option& option : row.options) add_option(*command, option);
        if (row.connection != nullptr)
            for (const Option& option : connection_options(*row.connection))
                add_option(*command, option)->group("Connection");
        if (row.run) {
            command->callback([&chosen, &row, command] {
                require_one_of_two(*command, row.options);
                chosen = naming_flags(row.run, *command, row.options);
            });
        }
        if (!row.commands.empty()) add_commands(*command, row.commands, chosen);
    }
}

// The scripts of bash and zsh call this one: it is not for people, and no help shows it.
constexpr std::string_view kCompleteCommand = "__complete";

void print_completion(Shell& shell, const std::vector<Command>& commands,
                      const std::vector<std::string>& words) {
    const Completion found = complete(commands, words);
    const bool files = found.also == Completes::kFile;
    shell.console.print(files                              ? "files\n"
                        : found.also == Completes::kFolder ? "folders\n"
                                                           : "words\n");
    for (const Completion::Candidate& one : found.words)
        shell.console.print(printable(found.prefix + one.word) + "\t" + printable(one.help) + "\n");
    for (const std::string& word :
         known_values(found.also, found.typed, typed_values(words), shell.environment))
        shell.console.print(printable(found.prefix + word) + "\t\n");
}

// kubectl takes --context and the like also before the command: they are moved to the end.
void put_behind_command(std::vector<std::string>& arguments) {
    ConnectionFlags unused;
    const std::vector<Option> options = connection_options(unused);
    const auto begins = [&](const std::string& word) {
        const std::string name = word.substr(0, word.find('='));
        return std::ranges::any_of(options, [&](const Option& one) { return one.name == name; });
    };
    size_t leading = 0;
    while (leading < arguments.size() && begins(arguments[leading]))
        leading += arguments[leading].find('=') == std::string::npos ? 2 : 1;
    if (leading >= arguments.size()) return;
    std::rotate(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(leading),
                arguments.end());
}

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

// An option as it stands in a word of the command line.
struct Typed {
    const CLI::Option* option = nullptr;  // null: the word has none that the command knows
    size_t end = 0;                       // of its name in the word
};

Typed option_in(const CLI::App& command, const std::string& word) {
    if (word.starts_with("--")) {
        const size_t end = std::min(word.find('='), word.size());
        return {command.get_option_no_throw(word.substr(0, end)), end};
    }
    // Short flags may stand together, and the last of them may take a value: -Ao=json.
    for (size_t at = 1; word.starts_with('-') && at < word.size(); ++at) {
        const CLI::Option* option = command.get_option_no_throw(std::string{'-', word[at]});
        if (option == nullptr) break;
        if (takes_value(*option)) return {option, at + 1};
    }
    return {};
}

// Has the parser read "--name=" and "-o=json" as kubectl does: it would take the word behind
// "--name=" for the value, were it a flag, and "=json" for the format. The values become words of
// their own. What is behind "--" stays as it is. Returns what is wrong, if anything is.
std::optional<std::string> split_values_off(const CLI::App& root,
                                            std::vector<std::string>& arguments) {
    const CLI::App* command = &root;
    size_t at = 0;
    for (; at < arguments.size(); ++at) {
        const CLI::App* next = command_named(*command, arguments[at]);
        if (next == nullptr) break;
        command = next;
    }
    for (; at < arguments.size() && arguments[at] != "--"; ++at) {
        const std::string word = arguments[at];
        const auto [option, end] = option_in(*command, word);
        if (option == nullptr) continue;
        if (end == word.size()) {
            // The next word is its value, whatever that looks like.
            if (takes_value(*option)) ++at;
            continue;
        }
        const bool is_empty = end + 1 == word.size();
        if (word[end] != '=' || (word.starts_with("--") && !is_empty)) continue;
        // A flag without a value would be one that is set.
        if (!takes_value(*option)) return without_value(word.substr(0, end));
        arguments[at] = word.substr(0, end);
        ++at;
        arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(at), word.substr(end + 1));
    }
    return std::nullopt;
}

// Reads the command line into `chosen`. If it is wrong or asks for help, prints the error or the
// help and returns the exit code.
std::optional<Exit> choose(std::vector<std::string> arguments, Shell& shell, Action& chosen) {
    Console& console = shell.console;
    CLI::App root(kDescription, "snapgate");
    root.formatter(std::make_shared<HelpText>());
    root.set_help_flag("-h,--help", "Show this help");
    root.set_version_flag("--version", "snapgate " SNAPGATE_VERSION, "Show this program's version");
    root.footer(std::string(kGeneralNotes));
    const std::vector<Command> commands = all_commands();
    add_commands(root, commands, chosen);

    if (arguments.empty()) {
        console.print_document(root.help());
        return end(console, Exit::kUsage);
    }
    if (arguments.front() == kCompleteCommand) {
        print_completion(shell, commands, {arguments.begin() + 1, arguments.end()});
        return end(console, Exit::kOk);
    }
    put_behind_command(arguments);
    if (arguments.front() == "help") {
        arguments.erase(arguments.begin());
        arguments.emplace_back("--help");
    }
    auto fault = command_fault(root, arguments);
    if (!fault) fault = split_values_off(root, arguments);
    if (fault) {
        console.note("error: " + *fault);
        return Exit::kUsage;
    }
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    try {
        root.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        return explain(root, error, console);
    }
    return std::nullopt;
}

}  // namespace

Exit run_command_line(Shell& shell) {
    std::vector<std::string> arguments(shell.typed.begin() + (shell.typed.empty() ? 0 : 1),
                                       shell.typed.end());
    Action chosen;
    // The tables and the parser are freed before the command, which may be a server, runs.
    if (const auto ended = choose(std::move(arguments), shell, chosen)) return *ended;
    return run_chosen(chosen, shell);
}

}  // namespace snapgate::cli
