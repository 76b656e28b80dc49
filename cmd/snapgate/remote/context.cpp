#include "remote/context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/read_file.h"
#include "base/secret_file.h"
#include "json/value.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr size_t kMaxContextBytes = 64 << 10;
constexpr size_t kMaxKeyBytes = 4096;
constexpr mode_t kOthers = 0077;

Failure usage(std::string message) {
    return {Exit::kUsage, std::move(message)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Outcome<Context> parse_context(const std::filesystem::path& file, std::string_view text) {
    auto broken = [&](std::string_view why) {
        return usage(
            fmt::format("{} is not a context ({}): replace it with 'snapgate login SERVER'",
                        file.string(), why));
    };
    auto value = json::parse(text);
    if (!value) return broken(value.error().message);
    const auto* object = value->if_object();
    if (object == nullptr) return broken("not a JSON object");
    Context context;
    for (auto [name, member] :
         {std::pair("server", &Context::server), std::pair("key", &Context::key),
          std::pair("ca", &Context::ca), std::pair("project", &Context::project)}) {
        auto read = json::optional_string(*object, name);
        if (!read) return broken(read.error().message);
        context.*member = std::move(*read);
    }
    auto server = normalize_server(context.server);
    if (!server) return broken("it names no server");
    context.server = std::move(*server);
    if (!check_key(context.key, "context")) return broken("it holds no key");
    return context;
}

Outcome<std::string> checked_ca(const std::string& file, std::string_view source) {
    std::error_code ec;
    if (!std::filesystem::is_regular_file(file, ec))
        return usage(
            fmt::format("{} {}: there is no such file; it is a PEM file with the CA that signed "
                        "the server's certificate",
                        source, file));
    return file;
}

}  // namespace

std::optional<std::string> process_environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Outcome<std::filesystem::path> context_path(const Environment& environment) {
    std::filesystem::path folder;
    if (auto config = environment("XDG_CONFIG_HOME"); config && config->starts_with('/')) {
        folder = *config;
    } else if (auto home = environment("HOME"); home && home->starts_with('/')) {
        folder = std::filesystem::path(*home) / ".config";
    } else {
        return usage("there is no folder for the context: set HOME or XDG_CONFIG_HOME");
    }
    return folder / "snapgate" / "context.json";
}

Outcome<std::optional<Context>> read_context(const std::filesystem::path& file) {
    base::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR) return std::optional<Context>();
        return usage(
            fmt::format("cannot read the context {}: {}", file.string(), std::strerror(errno)));
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return usage(fmt::format("the context {} is not a regular file", file.string()));
    if (status.st_uid != ::geteuid())
        return usage(
            fmt::format("the context {} belongs to somebody else: it is not used; remove it, or "
                        "set XDG_CONFIG_HOME to a folder of your own",
                        file.string()));
    if ((status.st_mode & kOthers) != 0)
        return usage(
            fmt::format("the context {} holds a key and is open to others (mode {:04o}): chmod 600 "
                        "it, and replace the key, which others may know",
                        file.string(), status.st_mode & 07777U));
    auto text = base::read_open_file(fd.get(), kMaxContextBytes);
    if (!text)
        return usage(
            fmt::format("cannot read the context {}: {}", file.string(), text.error().message));
    SNAPGATE_ASSIGN(Context context, parse_context(file, *text));
    return std::optional<Context>(std::move(context));
}

Outcome<> write_context(const std::filesystem::path& file, const Context& context) {
    std::filesystem::path folder = file.parent_path();
    std::error_code ec;
    std::filesystem::create_directories(folder.parent_path(), ec);
    if (!ec && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        ec = std::error_code(errno, std::generic_category());
    if (ec)
        return Failure(Exit::kRefused,
                       fmt::format("cannot make the folder {}: {}", folder.string(), ec.message()));
    json::Object object;
    object["server"] = context.server;
    object["key"] = context.key;
    if (!context.ca.empty()) object["ca"] = context.ca;
    if (!context.project.empty()) object["project"] = context.project;
    SNAPGATE_TRY(base::write_secret(file, json::serialize_pretty(object) + "\n"));
    return {};
}

Outcome<std::optional<Target>> resolve_server(const ConnectionFlags& flags,
                                              const Environment& environment) {
    auto given = [&](const std::string& flag, std::string_view variable) {
        return flag.empty() ? environment(variable).value_or("") : flag;
    };
    std::optional<Context> context;
    if (auto path = context_path(environment); path) {
        SNAPGATE_ASSIGN(context, read_context(*path));
    }
    Target target;
    std::string server = given(flags.server, "SNAPGATE_SERVER");
    if (!server.empty()) {
        SNAPGATE_ASSIGN(target.server, normalize_server(server));
    } else if (context) {
        target.server = context->server;
    } else {
        return std::optional<Target>();
    }
    bool same = context && context->server == target.server;
    std::string ca = given(flags.ca, "SNAPGATE_CA");
    if (!ca.empty()) {
        SNAPGATE_ASSIGN(target.ca, checked_ca(ca, flags.ca.empty() ? "SNAPGATE_CA" : "--ca"));
    } else if (same && !context->ca.empty()) {
        SNAPGATE_ASSIGN(target.ca, checked_ca(context->ca, "the context's CA"));
    }
    target.project = given(flags.project, "SNAPGATE_PROJECT");
    if (target.project.empty() && same) target.project = context->project;

    if (!flags.api_key_file.empty()) {
        SNAPGATE_ASSIGN(target.key, read_key_file(flags.api_key_file));
    } else if (auto key = environment("SNAPGATE_API_KEY"); key) {
        SNAPGATE_ASSIGN(target.key, check_key(*key, "SNAPGATE_API_KEY"));
    } else if (same) {
        target.key = context->key;
    }
    return std::optional<Target>(std::move(target));
}

Outcome<Target> resolve_target(const ConnectionFlags& flags, const Environment& environment) {
    SNAPGATE_ASSIGN(auto target, resolve_server(flags, environment));
    if (!target)
        return usage(
            "no server is known: run 'snapgate login SERVER' once, or give --server URL or "
            "SNAPGATE_SERVER");
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
    std::transform(server.begin(), server.begin() + static_cast<std::ptrdiff_t>(scheme_end),
                   server.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
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

Outcome<std::string> read_key_file(const std::string& file) {
    SNAPGATE_ASSIGN(const std::string text, read_file(file, kMaxKeyBytes, "the API key file"));
    return check_key(text, file);
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
