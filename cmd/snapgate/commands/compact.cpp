#include <fmt/format.h>

#include <memory>

#include "app/stopped_directory.h"
#include "commands/all_commands.h"
#include "terminal/progress.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The room of what was deleted is used again by what comes later; the data file itself never becomes
smaller while a server runs. The metrics snapgate_store_file_bytes and snapgate_store_used_bytes tell
how much of it is free. Meanwhile the new file needs its room beside the old one.

Example:
  snapgate compact --data-dir /var/lib/snapgate)";

Outcome<Exit> run(const std::string& data_dir, Shell& shell) {
    auto shrunk = app::shrink_stopped(data_dir);
    if (!shrunk) {
        Failure failure(shrunk.error());
        // "In use" means that the files are locked, not that a server does not answer.
        if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
        return failure;
    }
    shell.console.print_line(fmt::format("compacted {}: {} before, {} now", data_dir,
                                         format_bytes(shrunk->first),
                                         format_bytes(shrunk->second)));
    return Exit::kOk;
}

}  // namespace

Command compact_command() {
    auto data_dir = std::make_shared<std::string>();
    return {
        .name = "compact",
        .help = "Make the data file of a server that is down smaller",
        .options = {{"--data-dir", data_dir.get(), "DIR", "The data directory", kNeeded}},
        .footer = kFooter,
        .run = [data_dir](Shell& shell) { return run(*data_dir, shell); },
    };
}

}  // namespace snapgate::cli
