#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"
#include "snapshots/times.h"
#include "terminal/printable.h"

namespace snapgate::cli {
namespace {

struct Options {
    ConnectionFlags connection;
    std::string output;
};

// The name of a project that the key may see; else its uid.
Outcome<std::string> project_name(Api& api, std::string_view uid) {
    if (uid.empty()) return std::string("<all>");
    SNAPGATE_ASSIGN(const auto items, list_objects(api, Kind::kProject));
    for (const json::Object& item : items)
        if (json::text_at(item, {"uid"}) == uid) return std::string(json::text_at(item, {"name"}));
    return std::string(uid);
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const Format format, Format::parse(options.output));
    SNAPGATE_ASSIGN(const Target target, resolve_target(options.connection, shell.environment));
    warn_of_plain_http(shell.console, target.server);
    Api api(target);
    SNAPGATE_ASSIGN(const auto response, api.get("/admin/v1/whoami"));
    SNAPGATE_ASSIGN(json::Object key, parse_answer(response, api.server()));
    if (format == Format::kName) {
        shell.console.print_line(json::text_at(key, {"name"}));
        return Exit::kOk;
    }
    if (is_document(format)) {
        key["server"] = target.server;
        if (!target.context.empty()) key["context"] = target.context;
        SNAPGATE_TRY(print_value(shell.console, format, key));
        return Exit::kOk;
    }
    const int64_t now = base::system_clock().now_ms() / 1000;
    const auto expires = base::parse_rfc3339(json::text_at(key, {"expiresAt"}));
    SNAPGATE_ASSIGN(const std::string project,
                    project_name(api, json::text_at(key, {"projectUid"})));
    const auto line = [&shell](std::string_view title, std::string_view value) {
        shell.console.print(fmt::format("{:<10}{}\n", title, printable(value)));
    };
    line("Server:", target.server);
    if (!target.context.empty()) line("Context:", target.context);
    const bool token = key.contains("issuer");
    line(token ? "User:" : "Key:",
         fmt::format("{} ({})", json::text_at(key, {"name"}), json::text_at(key, {"id"})));
    line("Role:", json::text_at(key, {"role"}));
    line("Project:", project);
    if (!token) line("Created:", age_of(json::text_at(key, {"createdAt"}), now) + " ago");
    line("Expires:", expires ? format_local(*expires) : "<never>");
    return Exit::kOk;
}

}  // namespace

Command whoami_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "whoami",
        .help = "Which key is in use, at which server, and what it may do",
        .options = {output_option(options->output,
                                  "json or yaml: the API's answer; name: the name of the key")},
        .connection = &options->connection,
        .footer =
            "Examples:\n"
            "  snapgate whoami\n"
            "  snapgate whoami --context prod -o json",
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
