#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/stopped_directory.h"
#include "base/clock.h"
#include "base/count_text.h"
#include "base/duration.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_list.h"
#include "snapshots/times.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(A key is valid for the project that --project names; without it, for everything that the key
in use is valid for. It is shown once and stored nowhere: save it when you see it.

Examples:
  # For a dashboard, for three months; only the key goes into the file
  (umask 077; snapgate create key grafana --expires 90d -o name > grafana.key)
  # An admin of the clusters and keys of one project
  snapgate create key payments-admin --role admin --project payments
  # A reader of two clusters, for which no other cluster exists
  snapgate create key shop-dashboard --clusters shop-1,shop-2
  # Lost the last admin key: stop the server, then
  snapgate create key --data-dir /var/lib/snapgate)";

struct Options {
    ConnectionFlags connection;
    std::string name;
    std::string role;
    std::vector<std::string> clusters;
    std::string expires;
    std::string data_dir;
    std::string output;
};

Outcome<std::optional<base::Millis>> parse_expires(const std::string& text) {
    if (text.empty()) return std::optional<base::Millis>();
    auto duration = base::parse_duration(text);
    if (!duration) return Failure(Exit::kUsage, "--expires: " + duration.error().message);
    if (duration->count() == 0)
        return Failure(Exit::kUsage, "--expires 0: a key that has already expired is of no use");
    return std::optional<base::Millis>(*duration);
}

Outcome<> check_role(const std::string& role) {
    if (role.empty() || role == "reader" || role == "editor" || role == "admin") return {};
    return Failure(Exit::kUsage, fmt::format("--role {}: must be reader, editor or admin", role));
}

// Sees to it that a key which was just made is shown. Where it could not be printed, its user has
// to know that there is one now, and how to be rid of it: `name` is its name or id.
Outcome<> show_or_tell(Console& console, Outcome<> printed, std::string_view name) {
    if (printed) {
        if (const auto written = console.flush(); !written) printed = written.error();
    }
    if (!printed)
        printed.error().message += fmt::format(
            "; the key was made all the same, and nobody can see it any more: 'snapgate delete key "
            "{}' deletes it",
            name);
    return printed;
}

Outcome<Exit> run_offline(const Options& options, Shell& shell) {
    if (!options.connection.server.empty() || !options.connection.api_key_file.empty())
        return Failure(Exit::kUsage,
                       "--data-dir works on the files of a server that is down: it cannot be "
                       "combined with --server or --api-key-file");
    if (!options.clusters.empty())
        return Failure(Exit::kUsage,
                       "--data-dir makes a key of a project or of the whole tenant: it cannot be "
                       "combined with --clusters");
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    SNAPGATE_TRY(check_role(options.role));
    SNAPGATE_ASSIGN(auto expires, parse_expires(options.expires));
    std::string name = options.name;
    if (name.empty()) name = "recovery-" + base::format_rfc3339(base::system_clock().now_ms());
    // Somebody who lost the last admin key needs an admin key.
    std::string role = options.role.empty() ? "admin" : options.role;
    std::string project = options.connection.project;
    if (project.empty()) project = shell.environment("SNAPGATE_PROJECT").value_or("");
    auto key = app::create_key_in_stopped(options.data_dir, name, role, project, expires);
    if (!key) {
        Failure failure(key.error());
        // "In use" means that the files are locked, not that a server does not answer.
        if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
        return failure;
    }
    if (is_document(format)) {
        json::Object made;
        made["name"] = name;
        made["role"] = role;
        made["key"] = *key;
        SNAPGATE_TRY(show_or_tell(shell.console, print_value(shell.console, format, made), name));
        return Exit::kOk;
    }
    shell.console.print_line(*key);
    SNAPGATE_TRY(show_or_tell(shell.console, {}, name));
    if (format == Format::kTable)
        shell.console.note(fmt::format(
            "This is the key {} (role {}{}). It is not shown again. Start the server to use it.",
            name, role, project.empty() ? "" : ", project " + project));
    return Exit::kOk;
}

std::string described(const json::Object& made, const std::string& project) {
    std::string text = fmt::format(
        "key/{} created (id {}, role {}, {}", json::text_at(made, {"name"}),
        json::text_at(made, {"id"}), json::text_at(made, {"role"}),
        json::text_at(made, {"projectUid"}).empty()
            ? std::string("valid for the whole tenant")
            : fmt::format("project {}", project.empty() ? json::text_at(made, {"projectUid"})
                                                        : std::string_view(project)));
    if (const json::Array* clusters = json::array_at(made, {"clusters"}))
        text += ", " + base::counted(clusters->size(), "cluster") + " of it";
    if (const auto expires = base::parse_rfc3339(json::text_at(made, {"expiresAt"})))
        text += ", expires " + format_local(*expires);
    return text + ")";
}

// The uids of the clusters that are named.
Outcome<json::Array> cluster_uids(Api& api, const std::vector<std::string>& names) {
    SNAPGATE_ASSIGN(auto items, list_objects(api, Kind::kCluster));
    const std::vector<Named> all = named_items(Kind::kCluster, items);
    json::Array uids;
    for (const std::string& name : split_values(names)) {
        SNAPGATE_ASSIGN(const Named cluster, choose(api, Kind::kCluster, name, all));
        uids.emplace_back(cluster.uid);
    }
    return uids;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    if (!options.data_dir.empty()) return run_offline(options, shell);
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    if (options.name.empty())
        return Failure(Exit::kUsage, "create key needs a NAME, which says what the key is for");
    SNAPGATE_TRY(check_role(options.role));
    SNAPGATE_TRY(parse_expires(options.expires));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    json::Object body;
    body["name"] = options.name;
    body["role"] = options.role.empty() ? "reader" : options.role;
    if (!api.project_uid().empty()) body["projectUid"] = api.project_uid();
    if (!options.expires.empty()) body["expires"] = options.expires;
    if (!options.clusters.empty()) {
        SNAPGATE_ASSIGN(body["clusters"], cluster_uids(api, options.clusters));
    }
    SNAPGATE_ASSIGN(auto response, api.post("/admin/v1/keys", body));
    SNAPGATE_ASSIGN(auto made, parse_answer(response, api.server()));
    const std::string_view id = json::text_at(made, {"id"});
    if (is_document(format)) {
        SNAPGATE_TRY(show_or_tell(shell.console,
                                  print_answer(shell.console, format, response, api.server()), id));
        return Exit::kOk;
    }
    if (format == Format::kTable) shell.console.note(described(made, options.connection.project));
    shell.console.print_line(json::text_at(made, {"key"}));
    SNAPGATE_TRY(show_or_tell(shell.console, {}, id));
    if (format == Format::kTable) shell.console.note("This is the key. It is not shown again.");
    return Exit::kOk;
}

}  // namespace

Command create_key_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "key",
        .help = "Create an API key; it is printed only once",
        .options =
            {{"NAME", &options->name, "", "A unique name that says what the key is for"},
             with_words(
                 {"--role", &options->role, "ROLE",
                  "reader (the default), editor (also writes snapshots) or admin (also\n"
                  "writes projects, clusters and keys); with --data-dir the default is admin"},
                 {"reader", "editor", "admin"}),
             {"--clusters", &options->clusters, "CLUSTER,...",
              "Hold the key to these clusters of one project, by name or uid: for it no\n"
              "other cluster exists; not for an admin"},
             {"--expires", &options->expires, "DURATION",
              "How long it is valid, as 90d or 12h (default: forever)"},
             {"--data-dir", &options->data_dir, "DIR",
              "Create the key in this data directory while its server is down"},
             output_option(options->output, "json or yaml: the API's answer; name: only the key")},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
