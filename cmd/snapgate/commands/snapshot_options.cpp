#include "commands/snapshot_options.h"

#include <fmt/format.h>

#include "model/names.h"

namespace snapgate::cli {

Option namespace_option(SnapshotFlags& flags) {
    return {"-n,--namespace", &flags.ns, "NS", "The namespace (default: default)"};
}

Option vm_option(SnapshotFlags& flags) {
    return {"--vm", &flags.vm, "VM", "Only if the snapshot is of this VM (optional)"};
}

Outcome<> check(const SnapshotFlags& flags, const std::vector<std::string>& names) {
    SNAPGATE_TRY(check_namespace(flags.ns));
    if (!flags.vm.empty() && !model::is_dns_subdomain(flags.vm))
        return Failure(Exit::kUsage,
                       fmt::format("--vm \"{}\": a VM's name is 1 to 253 of a-z, 0-9, '-' and '.', "
                                   "with letters or digits at both ends",
                                   flags.vm));
    for (const std::string& name : names)
        if (!model::is_dns_subdomain(name))
            return Failure(Exit::kUsage,
                           fmt::format("\"{}\" is not a snapshot name: that is 1 to 253 of a-z, "
                                       "0-9, '-' and '.', with letters or digits at both ends",
                                       name));
    return {};
}

}  // namespace snapgate::cli
