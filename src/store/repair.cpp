#include "store/repair.h"

#include <utility>

#include "store/cluster_repair.h"
#include "store/damage.h"
#include "store/damaged_file.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {

using base::Result;

void RepairPlan::note(std::string_view key) {
    if (const auto cluster = cluster_of_row(key)) {
        clusters_.insert(*cluster);
        return;
    }
    const auto table = static_cast<Table>(key.empty() ? 0 : key[0]);
    // Without its note, facts are looked for and sizes are added up once more, and the audit trail
    // goes on from its last line or from the present time.
    const bool needed = table == Table::kMeta && !is_note_of_store(key.substr(1));
    if (needed || table == Table::kRecord) {
        hopeless_ = true;
    } else {
        strays_.emplace_back(key);
    }
}

namespace {

Result<void> remove_strays(const RepairPlan& plan, const engine::ReadTransaction& before,
                           engine::WriteTransaction& rows, DamagedFile& file) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, before.plain_cursor());
    for (const std::string& key : plan.strays()) {
        SNAPGATE_ASSIGN(const bool found, cursor.seek(key));
        if (!found || cursor.key() != key) continue;
        SNAPGATE_TRY(file.add(key, cursor.stored()));
        SNAPGATE_TRY(rows.erase(key));
    }
    return {};
}

}  // namespace

Result<RepairSummary> repair_rows(engine::Environment& environment, const RepairPlan& plan,
                                  const std::filesystem::path& directory, int64_t now_ms) {
    if (plan.is_hopeless()) {
        return base::Error(base::Code::kCorrupt,
                           "rows of the registry, or the store's own, are damaged, and nothing "
                           "else holds what they said");
    }
    SNAPGATE_ASSIGN(const engine::ReadTransaction before, environment.read());
    SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
    SNAPGATE_ASSIGN(const auto stored, before.get(meta_key(kSequenceName).view()));
    if (!stored) return corrupt_row("the row of its counters");
    SNAPGATE_ASSIGN(Sequence sequence, decode_sequence(*stored));
    DamagedFile file(directory, now_ms);
    RepairSummary summary;
    for (const ClusterNumber number : plan.clusters()) {
        ClusterRepair cluster(before, rows, file, number);
        SNAPGATE_TRY(cluster.run(sequence));
        for (const auto& [kind, key] : cluster.removed())
            summary.removed.push_back({number, kind, key});
    }
    SNAPGATE_TRY(remove_strays(plan, before, rows, file));
    SNAPGATE_TRY(rows.put(meta_key(kSequenceName).view(), encode(sequence)));
    SNAPGATE_TRY(file.sync());
    SNAPGATE_TRY(rows.commit());
    file.keep();
    summary.clusters = plan.clusters().size();
    summary.damaged_rows = file.rows();
    if (file.rows() > 0) summary.file = file.path();
    return summary;
}

}  // namespace snapgate::store
