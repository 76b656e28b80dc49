#include "commands/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/names.h"
#include "remote/resolve.h"

namespace snapgate::cli {

Option with_words(Option option, std::vector<std::string> words) {
    option.words = std::move(words);
    return option;
}

Option completing(Option option, Completes what) {
    option.completes = what;
    return option;
}

bool is_given(const Option& option) {
    return std::visit(
        [](const auto* into) {
            if constexpr (std::is_same_v<decltype(into), const bool*>) {
                return *into;
            } else {
                return !into->empty();
            }
        },
        option.into);
}

Completes completes_names_of(Kind kind) {
    switch (kind) {
        case Kind::kProject:
            return Completes::kProject;
        case Kind::kCluster:
            return Completes::kCluster;
        case Kind::kKey:
            break;
    }
    return Completes::kKey;
}

std::vector<Option> connection_options(ConnectionFlags& flags) {
    return {
        {"--context", &flags.context, "CONTEXT",
         "Use this context, one of 'snapgate config get-contexts' (SNAPGATE_CONTEXT)"},
        {"--server", &flags.server, "URL", "The server, as https://host:port (SNAPGATE_SERVER)"},
        {"--api-key-file", &flags.api_key_file, "FILE",
         "File that holds the API key (the key itself: SNAPGATE_API_KEY)"},
        {"--ca", &flags.ca, "FILE",
         "PEM file of the CA that signed the server's certificate (SNAPGATE_CA)"},
        {"--project", &flags.project, "PROJECT",
         "Act in this project, by name or uid (SNAPGATE_PROJECT)"},
    };
}

Option cluster_option(std::string& cluster) {
    return {"--cluster", &cluster, "CLUSTER", "The cluster, by name or uid", kNeeded};
}

namespace {

Option format_option(std::string& output, std::string help, std::vector<std::string> formats) {
    Option option{"-o,--output", &output, "FORMAT", std::move(help)};
    option.words = std::move(formats);
    option.only_words = true;
    return option;
}

std::string with_dots(const std::string& word) {
    return word.ends_with('=') ? word + "..." : word;
}

}  // namespace

std::string in_words(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out += &word == &words.back() ? " or " : ", ";
        out += with_dots(word);
    }
    return out;
}

bool takes(const Option& option, std::string_view value) {
    std::string_view name = value.substr(0, value.find('='));
    if (name.ends_with("-file")) name.remove_suffix(std::string_view("-file").size());
    return std::ranges::any_of(option.words, [&](const std::string& word) {
        return word == value || word == fmt::format("{}=", name);
    });
}

Option output_option(std::string& output, std::string help) {
    return format_option(output, std::move(help),
                         {"json", "yaml", "name", "jsonl", kJsonPathWord, kColumnsWord});
}

Option nameless_output_option(std::string& output, std::string help) {
    return format_option(output, std::move(help),
                         {"json", "yaml", "jsonl", kJsonPathWord, kColumnsWord});
}

Option table_output_option(std::string& output, std::vector<std::string> formats) {
    std::vector<std::string> told = formats;
    told.front() += " (the default)";
    std::string help = in_words(told);
    return format_option(output, std::move(help), std::move(formats));
}

Option no_headers_option(bool& no_headers) {
    return {"--no-headers", &no_headers, "", "Print no line with the titles of the columns"};
}

Option answer_option(std::string& output) {
    return output_option(output, "json or yaml: the API's answer; name: only the uid");
}

Option kubeconfig_context_option(std::string& context) {
    return {"--kubeconfig-context", &context, "NAME",
            "The context of the kubeconfig (default: its current one)"};
}

Outcome<> check_namespace(std::string_view ns) {
    if (model::is_dns_label(ns)) return {};
    return Failure(
        Exit::kUsage,
        fmt::format(
            "-n \"{}\": a namespace is 1 to 63 of a-z, 0-9 and '-', with no '-' at either end",
            ns));
}

void warn_of_plain_http(Console& console, std::string_view server) {
    if (is_private_channel(server)) return;
    console.note(
        fmt::format("warning: {} is not encrypted: the API key can be read on its way", server));
}

Outcome<Api> open_api(const ConnectionFlags& flags, Shell& shell,
                      std::chrono::milliseconds timeout) {
    SNAPGATE_ASSIGN(Target target, resolve_target(flags, shell.environment));
    warn_of_plain_http(shell.console, target.server);
    Api api(target, timeout);
    SNAPGATE_TRY(enter_project(api, target));
    return api;
}

Outcome<Api> open_api_for_kubeconfig(const ConnectionFlags& flags, Shell& shell) {
    auto api = open_api(flags, shell);
    if (!api && api.error().exit == Exit::kUsage && !flags.context.empty())
        api.error().message +=
            "; --kubeconfig-context chooses the context of a kubeconfig, --context that of "
            "snapgate";
    return api;
}

Outcome<Format> parse_table_format(std::string_view text, bool no_headers) {
    SNAPGATE_ASSIGN(Format format, Format::parse(text));
    format.set_titles(!no_headers);
    return format;
}

}  // namespace snapgate::cli
