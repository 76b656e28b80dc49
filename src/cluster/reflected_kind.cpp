#include "cluster/reflected_kind.h"

#include <algorithm>

#include "json/object.h"
#include "model/api_names.h"

namespace snapgate::cluster {

std::string_view ReflectedKind::best_version(const std::vector<std::string>& served) const {
    const auto best = std::ranges::find_if(versions, [&](std::string_view known) {
        return std::ranges::find(served, known) != served.end();
    });
    return best == versions.end() ? std::string_view() : *best;
}

const ReflectedKind& snapshots() {
    static const ReflectedKind kind{.group = model::kSnapshotGroup,
                                    .plural = model::kSnapshotPlural,
                                    .kind = model::kSnapshotKind,
                                    .versions = {model::kStoredVersion, model::kOldVersion},
                                    .noun = "snapshots",
                                    .stored = model::Kind::kSnapshot,
                                    .prepare = &json::prepare_mirrored_snapshot};
    return kind;
}

}  // namespace snapgate::cluster
