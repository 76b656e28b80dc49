#include <fmt/format.h>

#include <memory>

#include "app/stopped_directory.h"
#include "base/count_text.h"
#include "commands/all_commands.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Stop the server first. The check reads the whole store and changes nothing. It prints what is
wrong and where, one fault a line, and ends with exit code 1 if there is any.

--repair removes damaged objects, so that lists are answered again, and prints their names. Their
bytes go into the file damaged-TIME of the data directory. Until such an object is written or
deleted, a request for it is still answered with an error; connected clusters are listed again by
themselves. Copy the data directory before: a backup with these objects may be the better choice.

Examples:
  snapgate fsck --data-dir /var/lib/snapgate
  snapgate fsck --data-dir /var/lib/snapgate --repair)";

Failure failed(const base::Error& error) {
    Failure failure(error);
    // "In use" means that the files are locked, not that a server does not answer.
    if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
    return failure;
}

store::FaultSink to_output(Shell& shell) {
    return [&shell](std::string_view fault) { shell.console.print_line(fault); };
}

void note_clean(const std::string& data_dir, const store::CheckSummary& checked, Shell& shell) {
    shell.console.note(fmt::format("{} is clean: {}, of which {} are free and {} are lost, with {}",
                                   data_dir, base::counted(checked.pages, "page"),
                                   checked.free_pages, checked.stray_pages,
                                   base::counted(checked.rows, "row")));
    if (!checked.rows_checked)
        shell.console.note(
            checked.format == 0
                ? std::string("there are no rows to check")
                : fmt::format("its rows have format {} and were not held against each other: start "
                              "the server once to migrate them",
                              checked.format));
}

Outcome<Exit> check(const std::string& data_dir, Shell& shell) {
    const auto checked = app::check_stopped(data_dir, to_output(shell));
    if (!checked) return failed(checked.error());
    if (checked->faults > 0)
        return Failure(Exit::kRefused,
                       fmt::format("{} in {}: restore the store from a backup, or see --repair",
                                   base::counted(checked->faults, "fault"), data_dir));
    note_clean(data_dir, *checked, shell);
    return Exit::kOk;
}

Outcome<Exit> repair(const std::string& data_dir, Shell& shell) {
    const auto repaired = app::repair_stopped(data_dir, to_output(shell));
    if (!repaired && repaired.error().code == base::Code::kCorrupt)
        return Failure(Exit::kRefused,
                       fmt::format("{} cannot be repaired, and nothing was changed: {}; restore "
                                   "the store from a backup",
                                   data_dir, repaired.error().message));
    if (!repaired) return failed(repaired.error());
    const store::RepairSummary& summary = repaired->summary;
    for (const app::RemovedObject& one : repaired->removed)
        shell.console.print_line(fmt::format("removed from cluster {}: {}", one.cluster, one.what));
    if (summary.found.faults > 0)
        shell.console.note(fmt::format("{} removed from {}",
                                       base::counted(repaired->removed.size(), "object"),
                                       base::counted(summary.clusters, "repaired cluster")));
    if (!summary.file.empty())
        shell.console.note(fmt::format("{} in {}", base::counted(summary.damaged_rows, "row"),
                                       summary.file.string()));
    if (summary.left.faults > 0)
        return Failure(Exit::kRefused,
                       fmt::format("{} left in {}: restore the store from a backup",
                                   base::counted(summary.left.faults, "fault"), data_dir));
    note_clean(data_dir, summary.left, shell);
    return Exit::kOk;
}

}  // namespace

Command fsck_command() {
    auto data_dir = std::make_shared<std::string>();
    auto repairs = std::make_shared<bool>(false);
    return {
        .name = "fsck",
        .help = "Check the data directory of a server that is down, and repair it",
        .options = {{"--data-dir", data_dir.get(), "DIR", "The data directory to check", kNeeded},
                    {"--repair", repairs.get(), "", "Remove damaged objects, and mend the rest"}},
        .footer = kFooter,
        .run =
            [data_dir, repairs](Shell& shell) {
                return *repairs ? repair(*data_dir, shell) : check(*data_dir, shell);
            },
    };
}

}  // namespace snapgate::cli
