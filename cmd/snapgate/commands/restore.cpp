#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "app/backup.h"
#include "base/clock.h"
#include "base/count_text.h"
#include "base/file_descriptor.h"
#include "base/secret_file.h"
#include "commands/all_commands.h"
#include "snapshots/times.h"
#include "terminal/progress.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The data directory must not exist yet. The server that is started on it is another one than
before: clients that watch or page begin anew, and go on. Keys that were revoked after the backup was
made are good again; the command lists all that it brings back. --without-keys brings back none.

Examples:
  snapgate restore snapgate.backup --data-dir /var/lib/snapgate
  # Bring no key back, and make one
  snapgate restore snapgate.backup --data-dir data --without-keys
  snapgate create key --data-dir data)";

constexpr size_t kPieceBytes = 1 << 20;

struct Options {
    std::string file;
    std::string data_dir;
    std::string credentials_key_to;
    bool without_keys = false;
};

Outcome<base::FileDescriptor> open_input(const std::string& file) {
    base::FileDescriptor input(file == "-" ? ::dup(STDIN_FILENO)
                                           : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!input || ::fstat(input.get(), &status) != 0)
        return Failure(Exit::kUsage,
                       fmt::format("cannot read {}: {}", input_name(file), std::strerror(errno)));
    if (S_ISDIR(status.st_mode))
        return Failure(Exit::kUsage, fmt::format("{} is a folder: name the backup in it", file));
    return input;
}

base::Result<std::string_view> read_piece(const base::FileDescriptor& input, std::string& buffer) {
    buffer.resize(kPieceBytes);
    while (true) {
        const ssize_t count = ::read(input.get(), buffer.data(), buffer.size());
        if (count >= 0) return std::string_view(buffer).substr(0, static_cast<size_t>(count));
        if (errno == EINTR) continue;
        return base::Error(base::Code::kInternal,
                           fmt::format("cannot read the backup: {}", std::strerror(errno)));
    }
}

void note_keys(const app::RestoredDirectory& restored, const Options& options, Console& console) {
    if (options.without_keys) {
        console.note(fmt::format(
            "{} left out. Make one before you start the server: snapgate create key --data-dir {}",
            base::counted(restored.keys.size(), "key"), options.data_dir));
        return;
    }
    console.note("These keys are good again, also those that were revoked since then:");
    for (const app::RestoredKey& key : restored.keys) {
        console.note(fmt::format("  {}  {} ({}{})", key.id, key.name, access::role_name(key.role),
                                 key.project.empty() ? "" : ", project " + key.project));
    }
}

Outcome<> keep_credentials_key(const app::RestoredDirectory& restored, const Options& options,
                               Console& console) {
    if (!options.credentials_key_to.empty()) {
        if (restored.credentials_key.empty()) {
            return Failure(Exit::kRefused,
                           "the backup was restored, but it does not hold the key that opens "
                           "credentials: set the kubeconfigs of connected clusters again");
        }
        SNAPGATE_ASSIGN(const bool made,
                        base::make_secret(options.credentials_key_to, restored.credentials_key));
        if (made) return {};
        return Failure(Exit::kRefused,
                       fmt::format("the backup was restored, but {} is there already, and was left "
                                   "as it is",
                                   options.credentials_key_to));
    }
    if (!restored.credentials_key.empty())
        console.note(
            "The backup holds the key that opens the credentials of connected clusters; "
            "--credentials-key-to FILE writes it to a file.");
    return {};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const base::FileDescriptor input, open_input(options.file));
    std::string buffer;
    uint64_t bytes = 0;
    app::RestoredDirectory restored;
    {
        Progress progress(shell.console, "Restoring", 0);
        SNAPGATE_ASSIGN(
            restored,
            app::restore_directory(options.data_dir, {.without_keys = options.without_keys}, [&] {
                auto piece = read_piece(input, buffer);
                if (piece) bytes += piece->size();
                progress.advance(bytes, 0);
                return piece;
            }));
    }
    shell.console.print_line(fmt::format("restored the backup of {} to {}: {}, {}",
                                         format_local(restored.made_ms), options.data_dir,
                                         base::counted(restored.clusters, "cluster"),
                                         base::counted(restored.snapshots, "snapshot")));
    note_keys(restored, options, shell.console);
    SNAPGATE_TRY(keep_credentials_key(restored, options, shell.console));
    return Exit::kOk;
}

}  // namespace

Command restore_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "restore",
        .help = "Make a new data directory from a backup",
        .options = {{"FILE", &options->file, "", "The backup; - is standard input", kNeeded},
                    {"--data-dir", &options->data_dir, "DIR", "The data directory to make",
                     kNeeded},
                    {"--without-keys", &options->without_keys, "", "Bring back no API key"},
                    {"--credentials-key-to", &options->credentials_key_to, "FILE",
                     "Write the key that opens the credentials of connected clusters to\n"
                     "this file, which must not exist, if the backup holds it"}},
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
