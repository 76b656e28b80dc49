#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/count_text.h"
#include "commands/all_commands.h"
#include "manual/manual_page.h"

namespace snapgate::cli {
namespace {

struct Options {
    std::string folder;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    const std::filesystem::path folder = options.folder;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
        return Failure(Exit::kUsage, fmt::format("cannot make the folder {}: {}", folder.string(),
                                                 failed.message()));
    const std::vector<ManualPage> pages = manual_pages(all_commands(), std::string(kGeneralNotes));
    for (const ManualPage& page : pages) {
        const std::filesystem::path file = folder / (page.name + ".1");
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        out << page.text;
        out.close();
        if (!out)
            return Failure(Exit::kRefused,
                           fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
    }
    shell.console.print_line(
        fmt::format("Wrote {} to {}.", base::counted(pages.size(), "page"), folder.string()));
    return Exit::kOk;
}

}  // namespace

Command man_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "man",
        .help = "Write the manual pages of all commands into a folder",
        .options = {{"DIR", &options->folder, "", "The folder; it is made if it is missing",
                     kNeeded}},
        .footer =
            "Examples:\n"
            "  snapgate man ~/.local/share/man/man1\n"
            "  man snapgate-get-snapshots",
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
