#include "completion/completion.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace snapgate::cli {
namespace {

bool is_flag(std::string_view word) {
    return word.size() > 1 && word.front() == '-';
}

// The names of a row: "-n" and "--namespace".
std::vector<std::string> names_of(const Option& option) {
    std::vector<std::string> names;
    std::string_view rest = option.name;
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        names.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return names;
}

bool takes_value(const Option& option) {
    return !std::holds_alternative<bool*>(option.into);
}

bool takes_several(const Option& option) {
    return std::holds_alternative<std::vector<std::string>*>(option.into);
}

// The words that its value may be: those of the table, or those of a placeholder like "on|off".
std::vector<std::string> words_of(const Option& option) {
    std::vector<std::string> words = option.words;
    std::string_view rest = option.value;
    if (!words.empty() || rest.find('|') == std::string_view::npos) return words;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find('|'));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        // What is in capitals stands for something else.
        if (std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }))
            words.emplace_back(word);
    }
    return words;
}

Completes completes(const Option& option) {
    if (option.completes != Completes::kByName) return option.completes;
    static const std::map<std::string_view, Completes> by_name = {
        {"CLUSTER", Completes::kCluster}, {"PROJECT", Completes::kProject},
        {"CONTEXT", Completes::kContext}, {"NS", Completes::kNamespace},
        {"FILE", Completes::kFile},       {"DIR", Completes::kFolder}};
    // Of several names each is completed as one: NS[,NS] and CLUSTER,... are so, too.
    const std::string_view value = option.value.empty() ? option.name : option.value;
    const auto found = by_name.find(value.substr(0, value.find_first_of("[,|")));
    return found == by_name.end() ? Completes::kNothing : found->second;
}

// One command, as far as the words lead to it.
struct Reached {
    const Command* command = nullptr;  // null: none yet, only groups
    const std::vector<Command>* below = nullptr;
    size_t read = 0;  // words
    bool good = true;
};

Reached reach(const std::vector<Command>& commands, const std::vector<std::string>& words) {
    Reached at;
    at.below = &commands;
    while (at.read + 1 < words.size() && !at.below->empty()) {
        const std::string& word = words[at.read];
        const auto found = std::ranges::find_if(*at.below, [&](const Command& one) {
            return one.name == word || std::ranges::find(one.aliases, word) != one.aliases.end();
        });
        if (found == at.below->end()) {
            at.good = false;
            return at;
        }
        at.command = &*found;
        at.below = &found->commands;
        ++at.read;
    }
    return at;
}

void add(Completion& to, const std::string& word, std::string_view help) {
    if (word.starts_with(to.typed))
        to.words.push_back({word, std::string(help.substr(0, help.find('\n')))});
}

Completion complete_value(const Option& option, std::string prefix, std::string_view typed) {
    Completion to;
    to.prefix = std::move(prefix);
    const size_t comma = takes_several(option) ? typed.rfind(',') : std::string_view::npos;
    if (comma != std::string_view::npos) {
        to.prefix += typed.substr(0, comma + 1);
        typed.remove_prefix(comma + 1);
    }
    to.typed = typed;
    const std::vector<std::string> known = words_of(option);
    for (const std::string& word : known) add(to, word, "");
    if (known.empty()) to.also = completes(option);
    return to;
}

// Adds the flags of a command.
void add_flags(Completion& to, const std::vector<Option>& options) {
    if (!to.typed.starts_with('-')) return;
    for (const Option& option : options) {
        const auto names = names_of(option);
        if (is_flag(names.front())) add(to, names.back(), option.help);
    }
    add(to, "--help", "Show this help");
}

// The value of a flag of the connection that stands before the command, if that is the last word.
// Else takes these flags away, as they say nothing about the words behind them.
std::optional<Completion> complete_leading(std::vector<std::string>& words,
                                           const std::vector<Option>& connection) {
    while (words.size() > 1 || (!words.empty() && words[0].find('=') != std::string::npos)) {
        const std::string word = words[0];
        const size_t equals = word.find('=');
        const auto option = std::ranges::find(connection, word.substr(0, equals), &Option::name);
        if (option == connection.end()) break;
        if (words.size() == 1)
            return complete_value(*option, word.substr(0, equals + 1),
                                  std::string_view(word).substr(equals + 1));
        if (equals == std::string::npos && words.size() == 2)
            return complete_value(*option, {}, words.back());
        words.erase(words.begin(), words.begin() + (equals == std::string::npos ? 2 : 1));
    }
    return std::nullopt;
}

}  // namespace

Completion complete(const std::vector<Command>& commands, std::vector<std::string> words) {
    Completion to;
    ConnectionFlags unused;
    const std::vector<Option> connection = connection_options(unused);
    if (auto value = complete_leading(words, connection)) return *std::move(value);
    if (words.empty()) return to;
    to.typed = words.back();
    const Reached at = reach(commands, words);
    if (!at.good) return to;
    if (at.command == nullptr || !at.below->empty()) {
        for (const Command& one : *at.below) add(to, one.name, one.help);
        add_flags(to, at.command == nullptr ? connection : std::vector<Option>());
        return to;
    }
    std::vector<Option> options = at.command->options;
    if (at.command->connection != nullptr)
        options.insert(options.end(), connection.begin(), connection.end());
    const auto find = [&](std::string_view name) {
        return std::ranges::find_if(options, [&](const Option& one) {
            const auto names = names_of(one);
            return std::ranges::find(names, name) != names.end();
        });
    };
    size_t arguments = 0;
    for (size_t i = at.read; i < words.size(); ++i) {
        const std::string& word = words[i];
        const bool last = i + 1 == words.size();
        const size_t equals = word.find('=');
        if (is_flag(word) && (!last || equals != std::string::npos)) {
            const auto option = find(std::string_view(word).substr(0, equals));
            if (option == options.end() || !takes_value(*option)) {
                if (last) return to;
                continue;
            }
            if (equals != std::string::npos) {
                if (last)
                    return complete_value(*option, word.substr(0, equals + 1),
                                          std::string_view(word).substr(equals + 1));
                continue;
            }
            if (i + 2 == words.size()) return complete_value(*option, {}, words.back());
            ++i;
        } else if (!last) {
            ++arguments;
        }
    }
    if (!to.typed.empty() && to.typed.front() == '-') {
        add_flags(to, options);
        return to;
    }
    for (const Option& option : options) {
        if (option.name.starts_with('-')) continue;
        if (arguments == 0 || takes_several(option)) return complete_value(option, {}, to.typed);
        --arguments;
    }
    return to;
}

TypedValues typed_values(const std::vector<std::string>& words) {
    TypedValues values;
    const std::map<std::string_view, std::string*> wanted = {
        {"--context", &values.connection.context},
        {"--server", &values.connection.server},
        {"--api-key-file", &values.connection.api_key_file},
        {"--ca", &values.connection.ca},
        {"--project", &values.connection.project},
        {"--cluster", &values.cluster},
        {"-n", &values.ns},
        {"--namespace", &values.ns}};
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string_view word = words[i];
        const size_t equals = std::min(word.find('='), word.size());
        const auto found = wanted.find(word.substr(0, equals));
        if (found == wanted.end()) continue;
        if (equals < word.size()) {
            *found->second = word.substr(equals + 1);
        } else if (i + 2 < words.size()) {
            *found->second = words[++i];
        }
    }
    return values;
}

}  // namespace snapgate::cli
