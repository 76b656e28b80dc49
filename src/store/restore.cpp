#include "store/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/environment.h"
#include "store/backup_head.h"
#include "store/backup_stream.h"
#include "store/bulk_writer.h"
#include "store/byte_sums.h"
#include "store/format.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

// A server makes fewer revisions than this between two backups, or in a second.
constexpr Revision kBeyondBackup = Revision{1} << 40;
constexpr int kBitsOfASecond = 20;

Error damaged(std::string_view what) {
    return {Code::kCorrupt, fmt::format("the backup is damaged: {}", what)};
}

// Whether only a store that is a copy has records of this type.
bool is_of_copies(char type) {
    return type == static_cast<char>(RecordType::kCopy) ||
           type == static_cast<char>(RecordType::kSession);
}

// A store in the making. Rows come in the order of their keys.
class NewStore {
  public:
    NewStore(const RestoreOptions& options, std::unique_ptr<engine::Environment> environment)
        : options_(options), environment_(std::move(environment)) {}

    Result<void> take_block(BlockType type, std::string_view content) {
        switch (type) {
            case BlockType::kHead:
                return take_head(content);
            case BlockType::kFile: {
                SNAPGATE_ASSIGN(BackupFile file, read_file(content));
                restored_.files.push_back(std::move(file));
                return {};
            }
            case BlockType::kRows:
                return take_rows(content);
            case BlockType::kEnd:
                return take_end(content);
        }
        return {};
    }

    // After the last block.
    Result<Restored> finish() {
        SNAPGATE_TRY(put_heads());
        Sequence sequence = head_.sequence;
        sequence.next_revision = next_revision_;
        sequence.newest_ms = options_.now_ms;
        for (const auto& [key, sum] : sums_.rows())
            SNAPGATE_TRY(out_.append(key, encode_number(sum)));
        SNAPGATE_TRY(out_.put(meta_key(kBytesName).view(), encode_number(1)));
        SNAPGATE_TRY(out_.put(meta_key(kIdName).view(), base::random_bytes(kStoreIdBytes)));
        SNAPGATE_TRY(out_.put(meta_key(kSequenceName).view(), encode(sequence)));
        SNAPGATE_TRY(out_.finish());
        return std::move(restored_);
    }

  private:
    struct NewHead {
        ClusterNumber cluster = 0;
        Head head;
    };

    Result<void> take_head(std::string_view content) {
        SNAPGATE_ASSIGN(head_, read_backup_head(content));
        if (head_.format > kFormat) {
            return Error(Code::kUnavailable,
                         fmt::format("the backup has format {}, this snapgate knows formats up to "
                                     "{}: use a newer snapgate",
                                     head_.format, kFormat));
        }
        restored_.made_ms = head_.made_ms;
        const auto now_s = static_cast<Revision>(std::max<int64_t>(options_.now_ms / 1000, 0));
        next_revision_ = std::max({head_.sequence.next_revision + kBeyondBackup,
                                   now_s << kBitsOfASecond, options_.above + 1});
        restored_.first_revision = next_revision_;
        return {};
    }

    Result<void> take_rows(std::string_view rows) {
        while (!rows.empty()) {
            SNAPGATE_ASSIGN(const BackupRow row, store::take_row(rows));
            ++rows_;
            SNAPGATE_TRY(take_row(row));
        }
        return {};
    }

    Result<void> take_end(std::string_view content) const {
        if (content.size() != sizeof(uint64_t) || base::read_u64(content, 0) != rows_)
            return damaged("it does not have as many rows as it says");
        return {};
    }

    Result<void> take_row(const BackupRow& row) {
        if (row.key <= last_key_) return damaged("its rows are not in order");
        last_key_ = row.key;
        const auto table = static_cast<Table>(row.key[0]);
        if (table > Table::kCluster) SNAPGATE_TRY(put_heads());
        switch (table) {
            case Table::kRecord:
                if (row.key.size() < 2) return damaged("a record has no type");
                if (options_.of_copy && is_of_copies(row.key[1])) return {};
                if (!options_.keep_record(static_cast<RecordType>(row.key[1]), row.key.substr(2),
                                          row.value))
                    return {};
                // Not by the rows of kCluster: a cluster has one for each kind of objects.
                if (row.key[1] == static_cast<char>(RecordType::kCluster)) ++restored_.clusters;
                return out_.append(row.key, row.value);
            case Table::kCluster:
                return take_cluster(row);
            case Table::kObject:
                if (is_snapshot_key(row.key)) ++restored_.snapshots;
                SNAPGATE_TRY(decode_version(row.value));
                sums_.take(row.key, row.value);
                return out_.append(row.key, row.value);
            case Table::kCount:
            case Table::kIndex:
            case Table::kDamaged:
            case Table::kNote:
                return out_.append(row.key, row.value);
            default:
                return damaged("it has a row of a table that no backup has");
        }
    }

    Result<void> take_cluster(const BackupRow& row) {
        if (row.key.size() != 1 + sizeof(ClusterNumber)) return damaged("a cluster's key is wrong");
        SNAPGATE_ASSIGN(ClusterRow cluster, decode_cluster(row.value));
        cluster.head.revision = next_revision_++;
        cluster.head.since_ms = options_.now_ms;
        cluster.head.decimal |= options_.of_copy;
        cluster.floor = cluster.head.revision;
        cluster.stage = Stage::kNone;
        heads_.push_back({load_u32(row.key, 1), cluster.head});
        const std::string value = encode(cluster);
        sums_.take(row.key, value);
        return out_.append(row.key, value);
    }

    // The rows of the new heads stand behind those of the clusters.
    Result<void> put_heads() {
        for (const NewHead& one : heads_) {
            const std::string_view version =
                one.head.decimal ? std::string_view() : std::string_view(one.head.version);
            SNAPGATE_TRY(out_.append(head_key(one.cluster, one.head.revision).view(),
                                     encode(HeadRow{one.head.since_ms, version})));
        }
        for (const NewHead& one : heads_) {
            if (one.head.decimal || one.head.version.empty()) continue;
            SNAPGATE_TRY(out_.append(version_key(one.cluster, one.head.version).view(),
                                     encode(VersionRow{one.head.revision, one.head.revision})));
        }
        heads_.clear();
        return {};
    }

    const RestoreOptions& options_;
    std::unique_ptr<engine::Environment> environment_;
    BulkWriter out_{*environment_};
    ByteSums sums_;
    BackupHead head_;
    Revision next_revision_ = 0;
    std::vector<NewHead> heads_;
    std::string last_key_;
    uint64_t rows_ = 0;
    Restored restored_;
};

Result<Restored> read_all(const RestoreOptions& options,
                          std::unique_ptr<engine::Environment> environment,
                          const std::function<Result<std::string_view>()>& next) {
    NewStore made(options, std::move(environment));
    BlockReader reader([&made](BlockType type, std::string_view content) {
        return made.take_block(type, content);
    });
    while (true) {
        SNAPGATE_ASSIGN(const std::string_view piece, next());
        if (piece.empty()) break;
        SNAPGATE_TRY(reader.feed(piece));
    }
    SNAPGATE_TRY(reader.finish());
    return made.finish();
}

}  // namespace

Result<Restored> restore_store(const RestoreOptions& options,
                               const std::function<Result<std::string_view>()>& next) {
    const std::filesystem::path store = options.directory / "store";
    SNAPGATE_ASSIGN(auto environment, engine::Environment::open(
                                          {.directory = store, .map_bytes = options.map_bytes}));
    auto restored = read_all(options, std::move(environment), next);
    std::error_code ignored;
    if (!restored) std::filesystem::remove_all(store, ignored);
    return restored;
}

}  // namespace snapgate::store
