#include "store/backup.h"

#include <array>
#include <utility>

#include "base/encoding.h"
#include "store/backup_head.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Result;

// About this much is read at a time.
constexpr size_t kFullBlock = 1 << 20;
// Of these rows a state is made of; the others tell of its past, or of what is being removed. In
// the order of their keys.
constexpr std::array kTables = {Table::kRecord, Table::kCluster, Table::kCount, Table::kIndex,
                                Table::kObject, Table::kDamaged, Table::kNote};

}  // namespace

Result<std::unique_ptr<Backup>> DiskBackup::begin(engine::Environment& environment, int64_t now_ms,
                                                  const std::vector<BackupFile>& files,
                                                  std::shared_ptr<void> place) {
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
    std::unique_ptr<DiskBackup> backup(new DiskBackup(std::move(rows), std::move(place)));
    BackupHead head;
    head.format = kFormat;
    head.made_ms = now_ms;
    SNAPGATE_ASSIGN(auto sequence, backup->rows_.get(meta_key(kSequenceName).view()));
    if (!sequence) return corrupt_row("the row of its counters");
    SNAPGATE_ASSIGN(head.sequence, decode_sequence(*sequence));
    SNAPGATE_ASSIGN(engine::Cursor cursor, backup->rows_.cursor());
    backup->cursor_.emplace(std::move(cursor));
    SNAPGATE_TRY(backup->read_clusters());
    backup->writer_.begin(backup->pending_);
    backup->writer_.add(BlockType::kHead, encode(head), backup->pending_);
    for (const BackupFile& file : files) add_file(backup->writer_, file, backup->pending_);
    SNAPGATE_ASSIGN(backup->standing_, backup->seek_table());
    return std::unique_ptr<Backup>(std::move(backup));
}

Result<void> DiskBackup::read_clusters() {
    const Key prefix(Table::kCluster);
    SNAPGATE_ASSIGN(bool found, cursor_->seek(prefix.view()));
    while (found && cursor_->key().starts_with(prefix.view())) {
        SNAPGATE_ASSIGN(const auto value, cursor_->value());
        SNAPGATE_ASSIGN(const ClusterRow row, decode_cluster(value));
        heads_[load_u32(cursor_->key(), prefix.size())] = row.head.revision;
        SNAPGATE_ASSIGN(found, cursor_->next());
    }
    return {};
}

Result<bool> DiskBackup::next(std::string& out) {
    out += std::exchange(pending_, {});
    if (ended_) return false;
    std::string block;
    while (standing_ && block.size() < kFullBlock) {
        SNAPGATE_TRY(take_row(block));
    }
    if (!block.empty()) writer_.add(BlockType::kRows, block, out);
    if (standing_) return true;
    ended_ = true;
    std::string count;
    base::append_u64(row_count_, count);
    writer_.add(BlockType::kEnd, count, out);
    return false;
}

Result<void> DiskBackup::take_row(std::string& block) {
    SNAPGATE_ASSIGN(const bool taken, wanted());
    if (taken) {
        SNAPGATE_ASSIGN(const auto value, cursor_->value());
        append_row(cursor_->key(), value, block);
        ++row_count_;
    }
    SNAPGATE_ASSIGN(standing_, cursor_->next());
    if (standing_ && cursor_->key()[0] == static_cast<char>(kTables.at(table_))) return {};
    ++table_;
    SNAPGATE_ASSIGN(standing_, seek_table());
    return {};
}

Result<bool> DiskBackup::seek_table() {
    for (; table_ < kTables.size(); ++table_) {
        const Key prefix(kTables.at(table_));
        SNAPGATE_ASSIGN(const bool found, cursor_->seek(prefix.view()));
        if (found && cursor_->key().starts_with(prefix.view())) return true;
    }
    return false;
}

Result<bool> DiskBackup::wanted() {
    const Table table = kTables.at(table_);
    if (table == Table::kRecord || table == Table::kCluster) return true;
    if (cursor_->key().size() < 1 + sizeof(ClusterNumber)) return corrupt_row("a row's key");
    const auto head = heads_.find(load_u32(cursor_->key(), 1));
    // Of a cluster that was deleted, and is being removed.
    if (head == heads_.end()) return false;
    return table == Table::kObject ? wanted_version(head->second) : Result<bool>(true);
}

Result<bool> DiskBackup::wanted_version(Revision head) {
    const std::string_view key = cursor_->key();
    const auto address = parse_object_key(key);
    if (!address) return corrupt_row("the key of an object");
    const std::string_view object = key.substr(0, key.size() - sizeof(Revision));
    // Versions stand with the newest first; those above the head belong to a stage.
    if (address->revision > head || object == object_) return false;
    object_ = object;
    SNAPGATE_ASSIGN(const auto value, cursor_->value());
    SNAPGATE_ASSIGN(const auto stored, decode_version(value));
    return stored.has_value();
}

}  // namespace snapgate::store
