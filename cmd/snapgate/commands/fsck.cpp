#include <fmt/format.h>

#include <memory>

#include "app/data_directory.h"
#include "base/count_text.h"
#include "commands/all_commands.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Stop the server first. The check reads the whole store and changes nothing. It prints what is
wrong and where, one fault a line, and ends with exit code 1 if there is any.

Examples:
  snapgate fsck --data-dir /var/lib/snapgate)";

Outcome<Exit> run(const std::string& data_dir, Shell& shell) {
    const auto checked = app::check_offline(
        data_dir, [&shell](std::string_view fault) { shell.console.print_document(fault); });
    if (!checked) {
        Failure failure(checked.error());
        // "In use" means that the files are locked, not that a server does not answer.
        if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
        return failure;
    }
    if (checked->faults > 0)
        return Failure(Exit::kRefused,
                       fmt::format("{} in {}: restore the store from a backup",
                                   base::counted(checked->faults, "fault"), data_dir));
    shell.console.note(fmt::format("{} is clean: {}, of which {} are free and {} are lost, with {}",
                                   data_dir, base::counted(checked->pages, "page"),
                                   checked->free_pages, checked->stray_pages,
                                   base::counted(checked->rows, "row")));
    if (!checked->rows_checked)
        shell.console.note(
            checked->format == 0
                ? std::string("there are no rows to check")
                : fmt::format("its rows have format {} and were not held against each other: start "
                              "the server once to migrate them",
                              checked->format));
    return Exit::kOk;
}

}  // namespace

Command fsck_command() {
    auto data_dir = std::make_shared<std::string>();
    return {
        .name = "fsck",
        .help = "Check the data directory of a server that is down",
        .options = {{"--data-dir", data_dir.get(), "DIR", "The data directory to check", kNeeded}},
        .footer = kFooter,
        .run = [data_dir](Shell& shell) { return run(*data_dir, shell); },
    };
}

}  // namespace snapgate::cli
