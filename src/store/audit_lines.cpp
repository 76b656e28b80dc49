// Lines of the audit trail, as they are added, read and dropped.
#include "store/audit_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/read_state.h"
#include "store/write_txn.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kMostDropped = 4096;

Result<uint64_t> dropped_up_to(const Result<std::optional<std::string_view>>& row) {
    if (!row) return row.error();
    if (!*row) return 0;
    return decode_number(**row);
}

}  // namespace

bool is_audit_key(std::string_view key) {
    return key.size() == 1 + sizeof(uint64_t) && key[0] == static_cast<char>(Table::kAudit);
}

bool is_audit_line(std::string_view line) {
    return line.size() <= kMaxAuditLine && line.starts_with('{') && line.ends_with('}');
}

Result<uint64_t> next_audit_number(const engine::ReadTransaction& rows, int64_t now_ms) {
    uint64_t last = 0;
    auto dropped = dropped_up_to(rows.get(meta_key(kAuditName).view()));
    // A damaged row is told by whoever looks at all rows; the lines themselves say enough.
    if (dropped) last = *dropped;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek_back(audit_key(UINT64_MAX).view()));
    if (found && is_audit_key(cursor.key())) last = std::max(last, load_u64(cursor.key(), 1));
    if (last > 0 || now_ms <= 0) return last + 1;
    return static_cast<uint64_t>(now_ms) * 1000;
}

Result<void> Transaction::add_audit_line(std::string_view line) {
    if (!is_audit_line(line)) {
        return Error(Code::kInvalid,
                     fmt::format("a line of the audit trail is a JSON object of at most {} bytes",
                                 kMaxAuditLine));
    }
    return put_row(audit_key(sequence_.next_audit++).view(), line);
}

Result<bool> Transaction::drop_audit_lines(uint64_t up_to) {
    uint64_t last = 0;
    bool more = true;
    for (size_t dropped = 0; dropped < kMostDropped; ++dropped) {
        SNAPGATE_ASSIGN(const auto key, first_key(Key(Table::kAudit).view()));
        more = key && is_audit_key(*key) && load_u64(*key, 1) <= up_to;
        if (!more) break;
        last = load_u64(*key, 1);
        SNAPGATE_TRY(erase_row(*key));
    }
    if (last > 0) SNAPGATE_TRY(put_row(meta_key(kAuditName).view(), encode_number(last)));
    return more;
}

Result<std::vector<AuditLine>> ReadView::audit_lines(uint64_t after, size_t most_bytes) const {
    if (!state_->rows) return state_->rows.error();
    std::vector<AuditLine> lines;
    if (after == UINT64_MAX) return lines;
    const Key table(Table::kAudit);
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->plain_cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(audit_key(after + 1).view()));
    size_t bytes = 0;
    while (found && is_audit_key(cursor.key())) {
        const auto value = cursor.value();
        if (!value && value.error().code != Code::kCorrupt) return value.error();
        const std::string_view text = value && is_audit_line(*value) ? *value : std::string_view();
        if (!lines.empty() && bytes + text.size() > most_bytes) break;
        bytes += text.size();
        lines.push_back({load_u64(cursor.key(), 1), std::string(text)});
        SNAPGATE_ASSIGN(found, cursor.next());
    }
    return lines;
}

}  // namespace snapgate::store
