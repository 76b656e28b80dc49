#include "manual/manual_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace snapgate::cli {
namespace {

constexpr std::string_view kProgram = "snapgate";

// Text as roff prints it: no character of it is a request or an escape.
std::string escaped(std::string_view text) {
    std::string out;
    bool begins_line = true;
    for (const char c : text) {
        if (begins_line && (c == '.' || c == '\'')) out += "\\&";
        begins_line = c == '\n';
        switch (c) {
            case '\\':
                out += "\\e";
                break;
            case '-':
                out += "\\-";
                break;
            case '\'':
                out += "\\(aq";
                break;
            case '`':
                out += "\\(ga";
                break;
            case '^':
                out += "\\(ha";
                break;
            case '~':
                out += "\\(ti";
                break;
            default:
                out += c;
        }
    }
    return out;
}

// A text whose lines are kept as they are. An empty line within is a blank one.
void append_lines(std::string_view text, std::string& out) {
    out += ".nf\n";
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string line = escaped(text.substr(0, end));
        out += line.empty() ? "\\&" : line;
        out += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    out += ".fi\n";
}

bool is_flag(const Option& option) {
    return option.name.starts_with('-');
}

// "-n, --namespace", in bold.
std::string names_of(const Option& option) {
    std::string text = "\\fB";
    for (const char c : option.name) text += c == ',' ? "\\fR, \\fB" : escaped({&c, 1});
    return text + "\\fR";
}

void append_options(std::string_view title, const std::vector<Option>& options, std::string& out) {
    if (options.empty()) return;
    out += fmt::format(".SH {}\n", title);
    for (const Option& option : options) {
        out += ".TP\n" + names_of(option);
        if (!option.value.empty()) out += fmt::format(" \\fI{}\\fR", escaped(option.value));
        std::string help = option.help;
        std::ranges::replace(help, '\n', ' ');
        out += fmt::format("\n{}{}\n", escaped(help), option.needed ? " (required)" : "");
    }
}

std::string synopsis(const std::string& path, const Command& command) {
    std::string text = fmt::format(".SH SYNOPSIS\n.B {}\n", escaped(path));
    if (!command.commands.empty()) return text + ".I COMMAND\n[\\fIFLAGS\\fR]\n";
    for (const Option& option : command.options) {
        if (is_flag(option)) continue;
        const bool several = std::holds_alternative<std::vector<std::string>*>(option.into);
        const std::string name =
            fmt::format("\\fI{}\\fR{}", escaped(option.name), several ? " ..." : "");
        text += option.needed ? name + "\n" : fmt::format("[{}]\n", name);
    }
    for (const Option& option : command.options) {
        if (!is_flag(option) || !option.needed) continue;
        text += fmt::format("{} \\fI{}\\fR\n", names_of(option), escaped(option.value));
    }
    return text + "[\\fIFLAGS\\fR]\n";
}

std::string name_of(const std::string& path) {
    std::string name = path;
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string head(const std::string& path, std::string_view help) {
    return fmt::format(".TH {} 1 \"\" \"snapgate {}\" \"snapgate\"\n.SH NAME\n{} \\- {}\n",
                       escaped(base::to_upper(name_of(path))), SNAPGATE_VERSION,
                       escaped(name_of(path)), escaped(help));
}

void append_commands(const std::vector<Command>& commands, std::string& out) {
    out += ".SH COMMANDS\n";
    for (const Command& one : commands)
        out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(one.name), escaped(one.help));
}

void append_see_also(const std::vector<std::string>& names, std::string& out) {
    out += ".SH SEE ALSO\n";
    for (const std::string& name : names)
        out += fmt::format(".BR {} (1){}\n", escaped(name), name == names.back() ? "" : ",");
}

void append_pages(const std::string& above, const std::vector<Command>& commands,
                  std::vector<ManualPage>& pages) {
    for (const Command& command : commands) {
        const std::string path = above + " " + command.name;
        std::string text = head(path, command.help) + synopsis(path, command);
        std::vector<std::string> related{name_of(above)};
        if (!command.aliases.empty())
            text += fmt::format(".SH ALIASES\n{}\n",
                                escaped(fmt::format("{}", fmt::join(command.aliases, ", "))));
        if (!command.commands.empty()) {
            append_commands(command.commands, text);
            for (const Command& one : command.commands)
                related.push_back(name_of(path + " " + one.name));
        }
        std::vector<Option> arguments;
        std::vector<Option> flags;
        for (const Option& option : command.options)
            (is_flag(option) ? flags : arguments).push_back(option);
        append_options("ARGUMENTS", arguments, text);
        append_options("FLAGS", flags, text);
        if (command.connection != nullptr)
            append_options("CONNECTION", connection_options(*command.connection), text);
        if (!command.footer.empty()) {
            text += ".SH NOTES\n";
            append_lines(command.footer, text);
        }
        append_see_also(related, text);
        pages.push_back({name_of(path), std::move(text)});
        append_pages(path, command.commands, pages);
    }
}

}  // namespace

std::vector<ManualPage> manual_pages(const std::vector<Command>& commands,
                                     const std::string& environment_and_codes) {
    const std::string program(kProgram);
    std::string text = head(program, "an inventory of the VM snapshots of KubeVirt clusters");
    text += ".SH SYNOPSIS\n.B snapgate\n.I COMMAND\n[\\fIFLAGS\\fR]\n";
    append_commands(commands, text);
    text += ".SH NOTES\n";
    append_lines(environment_and_codes, text);
    std::vector<std::string> names;
    names.reserve(commands.size());
    for (const Command& command : commands) names.push_back(name_of(program + " " + command.name));
    append_see_also(names, text);
    std::vector<ManualPage> pages{{program, std::move(text)}};
    append_pages(program, commands, pages);
    return pages;
}

}  // namespace snapgate::cli
