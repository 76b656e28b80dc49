// The step of a write transaction that sets times back which are ahead of the clock of history.
#include <algorithm>
#include <utility>
#include <vector>

#include "store/write_txn.h"

namespace snapgate::store {
namespace {

// Most steps only read. If all these rows are ahead, a step writes about 200 KiB.
constexpr size_t kHealedPerStep = 4096;

}  // namespace

base::Result<TimeHealing> Transaction::heal_times_step(std::string_view from) {
    TimeHealing healing;
    if (sequence_.newest_ms > now_ms_) {
        healing.ahead_ms = sequence_.newest_ms - now_ms_;
        mark_changed();  // the commit stores the present time
    }
    std::vector<std::pair<std::string, std::string>> rows;  // that are ahead: key, list version
    const Key prefix(Table::kHead);
    {
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
        SNAPGATE_ASSIGN(bool found, cursor.seek(from.empty() ? prefix.view() : from));
        for (size_t read = 0; found && cursor.key().starts_with(prefix.view()); ++read) {
            if (read == kHealedPerStep) {
                healing.next = cursor.key();
                break;
            }
            // Reading a damaged row tells of it. It must not keep the others from being set back.
            const auto value = cursor.value();
            const auto head = value ? decode_head(*value) : base::Result<HeadRow>(value.error());
            if (head && head->since_ms > now_ms_) {
                healing.ahead_ms = std::max(healing.ahead_ms, head->since_ms - now_ms_);
                rows.emplace_back(cursor.key(), head->version);
            }
            SNAPGATE_ASSIGN(found, cursor.next());
        }
    }
    for (const auto& [key, version] : rows) {
        SNAPGATE_TRY(put_row(key, encode(HeadRow{now_ms_, version})));
        const ClusterNumber cluster = load_u32(key, prefix.size());
        SNAPGATE_ASSIGN(const bool there, has_cluster(cluster));
        if (!there) continue;
        // The newest head stands in the row of its cluster, too.
        SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
        if (state->row.head.revision != load_u64(key, prefix.size() + sizeof(ClusterNumber)))
            continue;
        state->row.head.since_ms = now_ms_;
        state->row_changed = true;
    }
    healing.heads = rows.size();
    return healing;
}

}  // namespace snapgate::store
