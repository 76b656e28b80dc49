#include "store/backup_head.h"

#include "base/encoding.h"

namespace snapgate::store {

std::string encode(const BackupHead& head) {
    std::string out;
    base::append_u32(head.format, out);
    base::append_u64(static_cast<uint64_t>(head.made_ms), out);
    base::append_u64(head.sequence.next_revision, out);
    base::append_u32(head.sequence.next_cluster, out);
    return out;
}

base::Result<BackupHead> read_backup_head(std::string_view content) {
    constexpr size_t kSize = 24;
    // A later format may say more.
    if (content.size() < kSize)
        return base::Error(base::Code::kCorrupt, "the backup is damaged: its head is too short");
    BackupHead head;
    head.format = base::read_u32(content, 0);
    head.made_ms = static_cast<int64_t>(base::read_u64(content, 4));
    head.sequence.next_revision = base::read_u64(content, 12);
    head.sequence.next_cluster = base::read_u32(content, 20);
    return head;
}

}  // namespace snapgate::store
