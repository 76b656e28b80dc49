#include "cluster/reflected_kind.h"

#include <algorithm>
#include <array>

#include "json/kept_object.h"
#include "json/object.h"
#include "model/api_names.h"

namespace snapgate::cluster {

std::string_view ReflectedKind::best_version(const std::vector<std::string>& served) const {
    const auto best = std::ranges::find_if(versions, [&](std::string_view known) {
        return std::ranges::find(served, known) != served.end();
    });
    return best == versions.end() ? std::string_view() : *best;
}

std::span<const ReflectedKind> reflected_kinds() {
    static const std::array kinds{
        ReflectedKind{.group = model::kSnapshotGroup,
                      .plural = model::kSnapshotPlural,
                      .kind = model::kSnapshotKind,
                      .versions = {model::kStoredVersion, model::kOldVersion},
                      .noun = "snapshots",
                      .noun_of_one = "snapshot",
                      .stored = model::Kind::kSnapshot,
                      .prepare = &json::prepare_mirrored_snapshot},
        ReflectedKind{.group = model::kVmGroup,
                      .plural = model::kVmPlural,
                      .kind = model::kVmKind,
                      .versions = {model::kVmVersion, "v1alpha3"},
                      .noun = "virtual machines",
                      .noun_of_one = "virtual machine",
                      .in_part = true,
                      .stored = model::Kind::kVirtualMachine,
                      .prepare = &json::prepare_virtual_machine},
        ReflectedKind{.group = model::kSnapshotGroup,
                      .plural = model::kRestorePlural,
                      .kind = model::kRestoreKind,
                      .versions = {model::kStoredVersion, model::kOldVersion},
                      .noun = "restores",
                      .noun_of_one = "restore",
                      .in_part = true,
                      .stored = model::Kind::kRestore,
                      .prepare = &json::prepare_restore},
        ReflectedKind{.group = model::kSnapshotGroup,
                      .plural = model::kContentPlural,
                      .kind = model::kContentKind,
                      .versions = {model::kStoredVersion, model::kOldVersion},
                      .noun = "snapshot contents",
                      .noun_of_one = "snapshot content",
                      .in_part = true,
                      .stored = model::Kind::kContent,
                      .prepare = &json::prepare_content},
    };
    return kinds;
}

const ReflectedKind& snapshots() {
    return reflected_kinds().front();
}

}  // namespace snapgate::cluster
