#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "commands/all_commands.h"
#include "remote/resolve.h"

namespace snapgate::cli {
namespace {

// The end of the server's message about something that is not empty.
constexpr std::string_view kForceAdvice = ": delete it with force=true";

struct Options {
    ConnectionFlags connection;
    std::vector<std::string> names;
    bool force = false;
    std::string output;
};

Outcome<Exit> run(Kind kind, const Options& options, Shell& shell) {
    const KindWords& words = words_of(kind);
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    // All names are looked up first, so that after a mistyped one nothing is deleted.
    std::vector<Named> targets;
    for (const std::string& name : options.names) {
        SNAPGATE_ASSIGN(Named target, resolve(api, kind, name));
        // One that is named twice, as by its name and its uid, is gone the second time.
        const bool is_new = std::ranges::none_of(
            targets, [&](const Named& other) { return other.uid == target.uid; });
        if (is_new) targets.push_back(std::move(target));
    }
    for (const Named& target : targets) {
        auto response =
            api.remove(path_of(kind, target.uid) + (options.force ? "?force=true" : ""));
        if (!response) {
            Failure failure = std::move(response).error();
            // The advice is about the API's parameter; here it is a flag.
            if (const size_t advice = failure.message.find(kForceAdvice);
                advice != std::string::npos && !options.force)
                failure.message =
                    fmt::format("{}: 'snapgate delete {} {} --force' also deletes what it holds",
                                failure.message.substr(0, advice), words.one, target.name);
            return failure;
        }
        if (format == Format::kName) {
            shell.console.print_line(target.uid);
        } else if (format == Format::kTable) {
            shell.console.print_line(
                fmt::format("{}/{} deleted (uid {})", words.one, target.name, target.uid));
        } else {
            SNAPGATE_TRY(print_answer(shell.console, format, *response, api.server()));
        }
    }
    return Exit::kOk;
}

Command delete_command(Kind kind, std::string help, const char* force) {
    auto options = std::make_shared<Options>();
    const KindWords& words = words_of(kind);
    std::vector<Option> rows{
        completing({"NAME", &options->names, "", "What to delete, by name or uid", kNeeded},
                   completes_names_of(kind))};
    if (force != nullptr) rows.push_back({"--force", &options->force, "", force});
    rows.push_back(answer_option(options->output));
    return {
        .name = std::string(words.one),
        .help = std::move(help),
        .aliases = {std::string(words.many)},
        .options = std::move(rows),
        .connection = &options->connection,
        .footer = fmt::format("Example:\n  snapgate delete {} NAME", words.one),
        .run = [kind, options](Shell& shell) { return run(kind, *options, shell); },
    };
}

}  // namespace

Command delete_project_command() {
    return delete_command(Kind::kProject, "Delete a project; needs --force if it is not empty",
                          "Also delete its clusters with their snapshots, and its keys");
}

Command delete_cluster_command() {
    return delete_command(Kind::kCluster, "Delete a cluster; needs --force if it holds snapshots",
                          "Also delete its snapshots");
}

Command delete_key_command() {
    return delete_command(Kind::kKey, "Delete an API key; the server refuses it from then on",
                          nullptr);
}

}  // namespace snapgate::cli
