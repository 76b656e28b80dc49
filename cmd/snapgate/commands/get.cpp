#include "commands/get.h"

namespace snapgate::cli {

void add_get(CLI::App& root, Action& chosen) {
    CLI::App* get = root.add_subcommand("get", "Show snapshots, clusters, projects or keys");
    get->require_subcommand(1);
    add_get_snapshots(*get, chosen);
    add_get_registry(*get, chosen);
    get->footer(
        "Examples:\n"
        "  snapgate get clusters\n"
        "  snapgate get snapshots --cluster demo\n"
        "See 'snapgate get snapshots --help' for filters and paging.");
}

}  // namespace snapgate::cli
