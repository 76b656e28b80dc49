#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

// Takes a limit away.
constexpr const char* kNone = "none";

constexpr const char* kFooter =
    R"(A limit that is not named stays as it is; 'none' takes it away. What a project has above a new
limit stays, and nothing comes to it: creating is refused, and so is the part of an import that goes
beyond. The mirror of a connected cluster keeps its last state, and the cluster's state names the
quota. Only an admin of the tenant sets quotas.

Examples:
  snapgate set quota payments --clusters 20 --keys 50 --objects 100000 --bytes 10Gi
  snapgate set quota payments --objects none)";

struct Options {
    ConnectionFlags connection;
    std::string project;
    std::string clusters;
    std::string keys;
    std::string objects;
    std::string bytes;
    std::string output;
};

constexpr std::array<std::pair<std::string_view, std::string Options::*>, 4> kLimits{
    {{"clusters", &Options::clusters},
     {"keys", &Options::keys},
     {"objects", &Options::objects},
     {"bytes", &Options::bytes}}};
constexpr uint64_t kMostAllowed = uint64_t{1} << 53;

// A whole number; of bytes also one with a unit, as Kubernetes writes sizes: 10Gi.
std::optional<uint64_t> read_number(std::string_view name, std::string_view text) {
    constexpr std::array<std::pair<std::string_view, int>, 4> kUnits{
        {{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}}};
    int bits = 0;
    for (const auto& [unit, shift] : kUnits) {
        if (name != "bytes" || !text.ends_with(unit)) continue;
        text.remove_suffix(unit.size());
        bits = shift;
    }
    const auto number = base::read_decimal(text, kMostAllowed >> bits);
    if (!number) return std::nullopt;
    return *number << bits;
}

// Puts a limit that was named into `quota`.
Outcome<> read_limit(std::string_view name, const std::string& text, json::Object& quota) {
    if (text.empty()) return {};
    if (text == kNone) {
        quota.erase({name.data(), name.size()});
        return {};
    }
    const auto number = read_number(name, text);
    if (!number) {
        return Failure(
            Exit::kUsage,
            fmt::format("--{} {}: must be a whole number{}, or none", name, text,
                        name == "bytes" ? ", or one with Ki, Mi, Gi or Ti behind it" : ""));
    }
    quota[{name.data(), name.size()}] = *number;
    return {};
}

Outcome<json::Object> quota_of(Api& api, const std::string& path) {
    SNAPGATE_ASSIGN(const auto response, api.get(path));
    SNAPGATE_ASSIGN(const auto project, parse_answer(response, api.server()));
    const json::Value* quota = project.if_contains("quota");
    if (quota == nullptr || !quota->is_object()) return json::Object();
    return quota->get_object();
}

std::string described(const json::Object& project) {
    std::string text;
    for (const auto& [name, text_of] : kLimits) {
        const json::Value* used = json::value_at(project, {"used", name});
        const json::Value* allowed = json::value_at(project, {"quota", name});
        text += text.empty() ? "" : ", ";
        text += used == nullptr ? "<unknown>" : json::serialize(*used);
        text += allowed == nullptr ? fmt::format(" {} (no limit)", name)
                                   : fmt::format(" of {} {}", json::serialize(*allowed), name);
    }
    return text;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const Format format, Format::parse(options.output));
    json::Object checked;
    for (const auto& [name, text] : kLimits) SNAPGATE_TRY(read_limit(name, options.*text, checked));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(const Named project, resolve(api, Kind::kProject, options.project));
    const std::string path = path_of(Kind::kProject, project.uid);
    SNAPGATE_ASSIGN(json::Object quota, quota_of(api, path));
    for (const auto& [name, text] : kLimits) SNAPGATE_TRY(read_limit(name, options.*text, quota));
    SNAPGATE_ASSIGN(const auto response, api.put(path + "/quota", quota));
    SNAPGATE_ASSIGN(const auto answer, parse_answer(response, api.server()));
    if (format == Format::kName) {
        shell.console.print_line(project.uid);
    } else if (format == Format::kTable) {
        shell.console.print_line(
            fmt::format("project/{} configured: {}", project.name, described(answer)));
    } else {
        SNAPGATE_TRY(print_value(shell.console, format, answer));
    }
    return Exit::kOk;
}

}  // namespace

Command set_quota_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "quota",
        .help = "Say how much a project may have",
        .options = {{"PROJECT", &options->project, "", "The project, by name or uid", kNeeded},
                    with_words(
                        {"--clusters", &options->clusters, "N", "How many clusters, or none"},
                        {kNone}),
                    with_words({"--keys", &options->keys, "N", "How many API keys, or none"},
                               {kNone}),
                    with_words({"--objects", &options->objects, "N",
                                "How many objects in all its clusters together: snapshots, "
                                "restores, VMs and\ncontents; or none"},
                               {kNone}),
                    with_words({"--bytes", &options->bytes, "SIZE",
                                "How large the stored JSON of these objects may be together, in "
                                "bytes or\nas in 10Gi; or none"},
                               {kNone}),
                    answer_option(options->output)},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
