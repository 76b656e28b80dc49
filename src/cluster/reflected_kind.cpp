#include "cluster/reflected_kind.h"

#include "json/object.h"
#include "model/api_names.h"

namespace snapgate::cluster {

const ReflectedKind& snapshots() {
    static const ReflectedKind kind{.group = model::kSnapshotGroup,
                                    .plural = model::kSnapshotPlural,
                                    .kind = model::kSnapshotKind,
                                    .versions = {model::kStoredVersion, model::kOldVersion},
                                    .prepare = &json::prepare_mirrored_snapshot};
    return kind;
}

}  // namespace snapgate::cluster
