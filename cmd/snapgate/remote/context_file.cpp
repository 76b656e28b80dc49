#include "remote/context_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/nearest.h"
#include "base/read_file.h"
#include "base/secret_file.h"
#include "json/value.h"
#include "remote/context.h"

namespace snapgate::cli {
namespace {

constexpr size_t kMaxContextsBytes = 1 << 20;
constexpr size_t kMaxNameBytes = 253;
constexpr size_t kNamesShown = 10;
constexpr mode_t kOthers = 0077;

Failure wrong_use(std::string message) {
    return {Exit::kUsage, std::move(message)};
}

Outcome<Context> parse_context(const json::Object& object) {
    Context context;
    for (auto [name, member] :
         {std::pair("server", &Context::server), std::pair("key", &Context::key),
          std::pair("tokenFile", &Context::token_file), std::pair("ca", &Context::ca),
          std::pair("project", &Context::project)}) {
        SNAPGATE_ASSIGN(context.*member, json::optional_string(object, name));
    }
    auto server = normalize_server(context.server);
    if (!server) return wrong_use("it names no server");
    context.server = std::move(*server);
    if (context.token_file.empty() && !check_key(context.key, "context"))
        return wrong_use("it holds no key");
    return context;
}

Outcome<Contexts> parse_contexts(std::string_view text) {
    SNAPGATE_ASSIGN(const json::Value value, json::parse(text));
    const json::Object* object = value.if_object();
    if (object == nullptr) return wrong_use("not a JSON object");
    Contexts contexts;
    const auto* named = object->if_contains("contexts");
    if (named == nullptr) {
        SNAPGATE_ASSIGN(Context only, parse_context(*object));
        contexts.current = default_context_name(only.server);
        contexts.named.emplace(contexts.current, std::move(only));
        return contexts;
    }
    if (!named->is_object()) return wrong_use("its contexts are no JSON object");
    for (const auto& [name, one] : named->get_object()) {
        SNAPGATE_TRY(check_context_name(name));
        if (!one.is_object())
            return wrong_use(fmt::format("{} is no JSON object", std::string(name)));
        auto context = parse_context(one.get_object());
        if (!context)
            return wrong_use(fmt::format("{}: {}", std::string(name), context.error().message));
        contexts.named.emplace(name, std::move(*context));
    }
    SNAPGATE_ASSIGN(contexts.current, json::optional_string(*object, "current"));
    if (!contexts.named.contains(contexts.current)) contexts.current.clear();
    return contexts;
}

std::string text_of(const Contexts& contexts) {
    json::Object named;
    for (const auto& [name, context] : contexts.named) {
        json::Object one;
        one["server"] = context.server;
        if (context.token_file.empty()) {
            one["key"] = context.key;
        } else {
            one["tokenFile"] = context.token_file;
        }
        if (!context.ca.empty()) one["ca"] = context.ca;
        if (!context.project.empty()) one["project"] = context.project;
        named[name] = std::move(one);
    }
    json::Object object;
    object["current"] = contexts.current;
    object["contexts"] = std::move(named);
    return json::serialize_pretty(object) + "\n";
}

Outcome<Contexts> read(const std::filesystem::path& file, OpenToOthers when_open) {
    base::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR) return Contexts();
        return wrong_use(
            fmt::format("cannot read the contexts in {}: {}", file.string(), std::strerror(errno)));
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return wrong_use(
            fmt::format("the file of contexts {} is not a regular file", file.string()));
    if (status.st_uid != ::geteuid())
        return wrong_use(
            fmt::format("the file of contexts {} belongs to somebody else: it is not used; remove "
                        "it, or set XDG_CONFIG_HOME to a folder of your own",
                        file.string()));
    if ((status.st_mode & kOthers) != 0 && when_open == OpenToOthers::kRefuse)
        return wrong_use(
            fmt::format("the file of contexts {} holds keys and is open to others (mode {:04o}): "
                        "chmod 600 it, and replace the keys, which others may know",
                        file.string(), status.st_mode & 07777U));
    auto text = base::read_open_file(fd.get(), kMaxContextsBytes);
    if (!text)
        return wrong_use(
            fmt::format("cannot read the contexts in {}: {}", file.string(), text.error().message));
    auto contexts = parse_contexts(*text);
    if (!contexts)
        return wrong_use(fmt::format(
            "{} holds no contexts ({}): remove it, and make it anew with 'snapgate login SERVER'",
            file.string(), contexts.error().message));
    return contexts;
}

Outcome<> make_folder(const std::filesystem::path& folder) {
    std::error_code ec;
    std::filesystem::create_directories(folder.parent_path(), ec);
    if (!ec && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        ec = std::error_code(errno, std::generic_category());
    if (ec)
        return Failure(Exit::kRefused,
                       fmt::format("cannot make the folder {}: {}", folder.string(), ec.message()));
    return {};
}

}  // namespace

Outcome<std::filesystem::path> context_path(const Environment& environment) {
    std::filesystem::path folder;
    if (auto config = environment("XDG_CONFIG_HOME"); config && config->starts_with('/')) {
        folder = *config;
    } else if (auto home = environment("HOME"); home && home->starts_with('/')) {
        folder = std::filesystem::path(*home) / ".config";
    } else {
        return wrong_use("there is no folder for contexts: set HOME or XDG_CONFIG_HOME");
    }
    return folder / "snapgate" / "context.json";
}

Outcome<Contexts> read_contexts(const std::filesystem::path& file) {
    return read(file, OpenToOthers::kRefuse);
}

Outcome<> change_contexts(const std::filesystem::path& file, OpenToOthers when_open,
                          const std::function<Outcome<>(Contexts&)>& change) {
    SNAPGATE_TRY(make_folder(file.parent_path()));
    const base::FileDescriptor folder(
        ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // A file system without locks is no reason to refuse a login.
    if (folder) static_cast<void>(::flock(folder.get(), LOCK_EX));
    SNAPGATE_ASSIGN(Contexts contexts, read(file, when_open));
    SNAPGATE_TRY(change(contexts));
    SNAPGATE_TRY(base::write_secret(file, text_of(contexts)));
    return {};
}

std::string default_context_name(std::string_view server) {
    const size_t scheme_end = server.find("://");
    if (scheme_end != std::string_view::npos) server.remove_prefix(scheme_end + 3);
    return std::string(server.substr(0, kMaxNameBytes));
}

Outcome<> check_context_name(std::string_view name) {
    const bool visible = std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!name.empty() && name.size() <= kMaxNameBytes && visible && name.front() != '-') return {};
    return wrong_use(
        fmt::format("\"{}\" cannot name a context: a name is a word of up to {} visible "
                    "ASCII characters that does not begin with '-'",
                    name, kMaxNameBytes));
}

Outcome<const Context*> find_context(const Contexts& contexts, std::string_view name) {
    if (const auto found = contexts.named.find(name); found != contexts.named.end())
        return &found->second;
    if (contexts.named.empty())
        return wrong_use(
            fmt::format("there is no context \"{}\": 'snapgate login SERVER' makes one", name));
    std::vector<std::string> names;
    names.reserve(contexts.named.size());
    for (const auto& [known, context] : contexts.named) names.push_back(known);
    if (const std::string meant = base::nearest(name, names); !meant.empty())
        return wrong_use(fmt::format("there is no context \"{}\": did you mean {}?", name, meant));
    const size_t shown = std::min(names.size(), kNamesShown);
    return wrong_use(fmt::format(
        "there is no context \"{}\" among these: {}{}", name,
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : ""));
}

}  // namespace snapgate::cli
