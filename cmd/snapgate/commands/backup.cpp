#include "app/backup.h"

#include <fmt/format.h>

#include <memory>

#include "app/credentials_key.h"
#include "app/stopped_directory.h"
#include "base/clock.h"
#include "commands/all_commands.h"
#include "terminal/output_file.h"
#include "terminal/progress.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(A backup holds the projects, the clusters, the hashes of the API keys, and every snapshot as it
is now, without its history. Keep it where only you can read it: whoever restores it can make keys.
The credentials of connected clusters are in it, sealed. The key that opens them is not, unless
--with-credentials-key adds it; without that key, set their kubeconfigs again after a restore.

Examples:
  snapgate backup --to snapgate-2026-11-28.backup
  # Of a server that is down
  snapgate backup --data-dir /var/lib/snapgate --to snapgate.backup
  snapgate backup --to - | ssh vault 'cat > snapgate.backup')";

// How long the server may be silent: it reads about a megabyte at a time.
constexpr std::chrono::seconds kSilence{60};

struct Options {
    ConnectionFlags connection;
    std::string to;
    std::string data_dir;
    std::string credentials_key_file;
    bool with_credentials_key = false;
};

// Takes the pieces of a backup, from wherever they come.
class Copy {
  public:
    Copy(OutputFile& file, Console& console) : file_(file), progress_(console, "Backing up", 0) {}

    base::Result<void> take(std::string_view piece) {
        SNAPGATE_TRY(follower_.feed(piece));
        SNAPGATE_TRY(file_.write(piece));
        progress_.advance(file_.bytes(), 0);
        return {};
    }

    // `credentials_key`: "" for none.
    base::Result<void> finish(std::string credentials_key) {
        SNAPGATE_TRY(follower_.finish());
        if (!credentials_key.empty())
            SNAPGATE_TRY(file_.write(follower_.with_credentials_key(std::move(credentials_key))));
        return file_.finish();
    }

  private:
    OutputFile& file_;
    Progress progress_;
    app::BackupFollower follower_;
};

// The key that seals credentials on this machine.
Outcome<std::string> read_credentials_key(const Options& options) {
    if (!options.with_credentials_key) return std::string();
    app::Settings settings;
    settings.data_dir = options.data_dir;
    settings.credentials_key_file = options.credentials_key_file;
    SNAPGATE_TRY(app::choose_credentials_key(settings, app::Environment::of_process()));
    SNAPGATE_ASSIGN(const auto key, app::open_credentials_key(settings));
    SNAPGATE_ASSIGN(std::string text, key.read());
    return text;
}

Outcome<> copy_stopped(const Options& options, Copy& copy) {
    auto data = app::open_stopped(options.data_dir);
    if (!data) {
        Failure failure(data.error());
        // "In use" means that the files are locked, not that a server does not answer.
        if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
        return failure;
    }
    SNAPGATE_ASSIGN(const auto backup, app::begin_backup(**data));
    std::string piece;
    for (bool more = true; more; piece.clear()) {
        SNAPGATE_ASSIGN(more, backup->next(piece));
        SNAPGATE_TRY(copy.take(piece));
    }
    return {};
}

Outcome<> copy_running(const Options& options, Shell& shell, Copy& copy) {
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell, kSilence));
    net::StreamOptions silence;
    silence.idle = kSilence;
    SNAPGATE_ASSIGN(const auto streamed,
                    api.stream("/admin/v1/backup", silence,
                               [&copy](std::string_view piece) { return copy.take(piece); }));
    if (streamed.end == net::StreamEnd::kWhole) return {};
    return Failure(Exit::kUnreachable,
                   "the backup was cut off, and nothing was kept of it; the server's log says why");
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    if (!options.data_dir.empty() &&
        (!options.connection.server.empty() || !options.connection.api_key_file.empty())) {
        return Failure(Exit::kUsage,
                       "--data-dir works on the files of a server that is down: it cannot be "
                       "combined with --server or --api-key-file");
    }
    if (options.to == "-" && shell.console.out_is_terminal())
        return Failure(Exit::kUsage, "--to -: a backup is no text for a terminal; name a file");
    // Before anything is copied: a backup without the key that was asked for is no help.
    SNAPGATE_ASSIGN(std::string credentials_key, read_credentials_key(options));
    SNAPGATE_ASSIGN(OutputFile file, OutputFile::make(options.to));
    {
        Copy copy(file, shell.console);
        if (options.data_dir.empty()) {
            SNAPGATE_TRY(copy_running(options, shell, copy));
        } else {
            SNAPGATE_TRY(copy_stopped(options, copy));
        }
        SNAPGATE_TRY(copy.finish(std::move(credentials_key)));
    }
    if (!options.data_dir.empty()) {
        const auto noted = app::note_backup(options.data_dir, base::system_clock().now_ms());
        if (!noted) {
            shell.console.note("warning: the metrics will not tell of this backup: " +
                               noted.error().message);
        }
    }
    shell.console.note(fmt::format("backed up to {} ({})",
                                   file.is_standard_output() ? "standard output" : options.to,
                                   format_bytes(file.bytes())));
    return Exit::kOk;
}

}  // namespace

Command backup_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "backup",
        .help = "Write a backup of a whole server into a file",
        .options = {{"--to", &options->to, "FILE", "The file; - is standard output", kNeeded},
                    {"--data-dir", &options->data_dir, "DIR",
                     "Back up this data directory while its server is down"},
                    {"--with-credentials-key", &options->with_credentials_key, "",
                     "Add the key that opens the credentials of connected clusters, from\n"
                     "its file or variable on this machine"},
                    {"--credentials-key-file", &options->credentials_key_file, "FILE",
                     "That key's file, where it is not in its usual place"}},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
