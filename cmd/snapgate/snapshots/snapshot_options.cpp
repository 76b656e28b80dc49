#include "snapshots/snapshot_options.h"

#include <fmt/format.h>

#include "model/names.h"

namespace snapgate::cli {

void add_snapshot_flags(CLI::App& command, SnapshotFlags& flags) {
    command.add_option("--cluster", flags.cluster, "The cluster, by name or uid")
        ->required()
        ->type_name("CLUSTER");
    command.add_option("-n,--namespace", flags.ns, "The namespace (without: default)")
        ->type_name("NS");
    command
        .add_option("--vm", flags.vm,
                    "The VM that it has to be of; not needed: the name says enough")
        ->type_name("VM");
}

Outcome<> check(const SnapshotFlags& flags, const std::vector<std::string>& names) {
    if (!model::is_dns_label(flags.ns))
        return Failure(Exit::kUsage,
                       fmt::format("-n \"{}\": a namespace is 1 to 63 of a-z, 0-9 and '-', with no "
                                   "'-' at either end",
                                   flags.ns));
    if (!flags.vm.empty() && !model::is_dns_subdomain(flags.vm))
        return Failure(Exit::kUsage,
                       fmt::format("--vm \"{}\": a VM's name is 1 to 253 of a-z, 0-9, '-' and '.', "
                                   "with letters or digits at both ends",
                                   flags.vm));
    for (const std::string& name : names)
        if (!model::is_dns_subdomain(name))
            return Failure(Exit::kUsage,
                           fmt::format("\"{}\" is no name of a snapshot: one is 1 to 253 of a-z, "
                                       "0-9, '-' and '.', with letters or digits at both ends",
                                       name));
    return {};
}

}  // namespace snapgate::cli
