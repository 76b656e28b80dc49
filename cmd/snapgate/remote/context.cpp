#include "remote/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/ascii.h"
#include "base/read_file.h"
#include "net/tls/pem.h"
#include "remote/context_file.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

// A token of an issuer may stand in the place of a key.
constexpr size_t kMaxKeyBytes = 16 << 10;

Failure usage(std::string message) {
    return {Exit::kUsage, std::move(message)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// An empty file is refused, too: the client would take it for none, and trust the system's CAs.
Outcome<std::string> checked_ca(const std::string& file, std::string_view source) {
    const auto wrong = [&](std::string_view why) {
        return usage(
            fmt::format("{} {}: {}; it is a PEM file with the CA that signed the server's "
                        "certificate",
                        source, file, why));
    };
    std::error_code ec;
    const std::filesystem::file_status status = std::filesystem::status(file, ec);
    if (std::filesystem::is_directory(status)) return wrong("it is a folder");
    if (!std::filesystem::exists(status)) return wrong("there is no such file");
    // It is read for each connection anew, and a pipe can be read only once.
    if (!std::filesystem::is_regular_file(status)) return wrong("it is no regular file");
    const auto text = base::read_file(file, net::kMostPemBytes);
    if (!text) return wrong(fmt::format("it cannot be read: {}", text.error().message));
    if (text->empty()) return wrong("it is empty");
    if (text->find("CERTIFICATE-----") == std::string::npos)
        return wrong("it holds no certificate in PEM form");
    return file;
}

// The contexts that are saved; none where there is no place for them.
Outcome<Contexts> saved_contexts(const Environment& environment) {
    const auto path = context_path(environment);
    if (!path) return Contexts();
    return read_contexts(*path);
}

// A server for which nothing is known yet but what the context says of it, if it is the context's.
Outcome<Target> begin_target(const std::string& server, const std::string& name,
                             const Context* context) {
    Target target;
    if (server.empty()) {
        target.server = context->server;
    } else {
        SNAPGATE_ASSIGN(target.server, normalize_server(server));
    }
    if (context == nullptr || context->server != target.server) return target;
    target.context = name;
    target.key = context->key;
    target.ca = context->ca;
    target.project = context->project;
    return target;
}

}  // namespace

Outcome<std::optional<Target>> resolve_server(const ConnectionFlags& flags,
                                              const Environment& environment) {
    // A flag that names a context overrides all that the environment says of a server.
    const auto from_environment = [&](std::string_view variable) {
        return flags.context.empty() ? environment(variable) : std::nullopt;
    };
    const auto given = [&](const std::string& flag, std::string_view variable) {
        return flag.empty() ? from_environment(variable).value_or("") : flag;
    };
    SNAPGATE_ASSIGN(const Contexts contexts, saved_contexts(environment));
    std::string name = given(flags.context, "SNAPGATE_CONTEXT");
    if (name.empty()) name = contexts.current;
    const Context* context = nullptr;
    if (!name.empty()) {
        SNAPGATE_ASSIGN(context, find_context(contexts, name));
    }
    const std::string server = given(flags.server, "SNAPGATE_SERVER");
    if (server.empty() && context == nullptr) return std::optional<Target>();
    SNAPGATE_ASSIGN(Target target, begin_target(server, name, context));
    if (const std::string ca = given(flags.ca, "SNAPGATE_CA"); !ca.empty()) {
        SNAPGATE_ASSIGN(target.ca, checked_ca(ca, flags.ca.empty() ? "SNAPGATE_CA" : "--ca"));
    } else if (!target.ca.empty()) {
        SNAPGATE_ASSIGN(target.ca, checked_ca(target.ca, "the context's CA"));
    }
    if (std::string project = given(flags.project, "SNAPGATE_PROJECT"); !project.empty())
        target.project = std::move(project);
    if (!flags.api_key_file.empty()) {
        SNAPGATE_ASSIGN(target.key, read_key_file(flags.api_key_file, kKeyFile));
    } else if (auto key = from_environment("SNAPGATE_API_KEY"); key) {
        SNAPGATE_ASSIGN(target.key, check_key(*key, "SNAPGATE_API_KEY"));
    } else if (!target.context.empty() && !context->token_file.empty()) {
        SNAPGATE_ASSIGN(target.key, read_key_file(context->token_file, kTokenFile));
    }
    return std::optional<Target>(std::move(target));
}

Outcome<Target> resolve_target(const ConnectionFlags& flags, const Environment& environment) {
    SNAPGATE_ASSIGN(auto target, resolve_server(flags, environment));
    if (!target) {
        SNAPGATE_ASSIGN(const Contexts contexts, saved_contexts(environment));
        if (!contexts.named.empty())
            return usage(
                "no context is in use: 'snapgate config get-contexts' lists them, and 'snapgate "
                "config use-context NAME' chooses one");
        return usage(
            "no server is known: run 'snapgate login SERVER' once, or give --server URL or "
            "SNAPGATE_SERVER");
    }
    if (target->key.empty())
        return usage(
            fmt::format("no API key is known for {}: run 'snapgate login {}' once, or give "
                        "--api-key-file FILE or SNAPGATE_API_KEY",
                        target->server, target->server));
    return std::move(*target);
}

Outcome<std::string> normalize_server(std::string_view text) {
    std::string server(trimmed(text));
    auto refuse = [&](std::string_view why) {
        return usage(fmt::format(
            "\"{}\" is not a server ({}): write it like https://snapgate.example.com:8080", server,
            why));
    };
    if (server.empty()) return refuse("it is empty");
    for (char c : server)
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
            return refuse("it holds a blank or a control character");
    if (server.find("://") == std::string::npos) server = "https://" + server;
    size_t scheme_end = server.find("://");
    server.replace(0, scheme_end, base::to_lower(std::string_view(server).substr(0, scheme_end)));
    std::string_view scheme = std::string_view(server).substr(0, scheme_end);
    if (scheme != "https" && scheme != "http") return refuse("only https and http are supported");
    std::string_view rest = std::string_view(server).substr(scheme_end + 3);
    std::string_view host = rest.substr(0, rest.find('/'));
    // The message does not repeat the text: there may be a password before the @.
    if (host.find('@') != std::string_view::npos)
        return usage("a server's URL takes no user or password: use --api-key-file");
    if (host.empty() || host.front() == ':') return refuse("it names no host");
    if (rest.find_first_of("?#") != std::string_view::npos)
        return refuse("it has a query or a fragment");
    while (server.ends_with('/')) server.pop_back();
    return server;
}

bool is_private_channel(std::string_view server) {
    if (server.starts_with("https://")) return true;
    std::string_view host = server.substr(server.find("://") + 3);
    host = host.substr(0, host.find('/'));
    for (std::string_view loopback : {"127.0.0.1", "localhost", "[::1]"})
        if (host == loopback || (host.starts_with(loopback) && host[loopback.size()] == ':'))
            return true;
    return false;
}

Outcome<std::string> read_key_file(const std::string& file, std::string_view what) {
    SNAPGATE_ASSIGN(const std::string text, read_file(file, kMaxKeyBytes, what));
    return check_key(text, fmt::format("{} {}", what, file));
}

Outcome<std::string> check_key(std::string_view text, std::string_view source) {
    std::string_view key = trimmed(text);
    bool plain = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (key.empty() || key.size() > kMaxKeyBytes || !plain)
        return usage(
            fmt::format("{} holds no API key: a key is a single word without blanks, as 'snapgate "
                        "create key' printed it",
                        source));
    return std::string(key);
}

}  // namespace snapgate::cli
