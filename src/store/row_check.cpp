#include "store/row_check.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/names.h"
#include "store/audit_lines.h"
#include "store/damage.h"
#include "store/format.h"
#include "store/keys.h"
#include "store/log_row.h"
#include "store/read_state.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

// What the walk has seen of a cluster.
struct ClusterCheck {
    ClusterRow row;
    Revision newest_head = 0;
    std::string newest_version;  // of that head; "" for the revision in decimal
    Revision newest_entry = 0;   // of the log
    // Changes and versions above the floor: each change made one version.
    uint64_t changes = 0;
    uint64_t versions = 0;
    // By key: what the rows say, less what the objects are. Differences below zero wrap around.
    std::map<std::string, uint64_t, std::less<>> counts;
    bool objects_unread = false;  // a version is damaged: nothing follows from their number
};

// What a version of an object counts for; a tombstone for nothing.
struct Weight {
    int64_t count = 0;
    int64_t bytes = 0;
};

// The object whose versions the walk is at; they come newest first.
struct ObjectCheck {
    std::string key;  // without the revision
    bool any = false;
    Weight newest;
    bool at_head = false;  // a version at or below the head was seen
    Weight at_head_is;
};

bool is_staged(Table table) {
    return table == Table::kStaged || table == Table::kStagedBytes;
}

class RowCheck {
  public:
    RowCheck(const engine::ReadTransaction& rows, const RowFaultSink& tell)
        : rows_(rows), tell_(tell) {}

    Result<uint64_t> run() {
        SNAPGATE_TRY(read_sequence());
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.plain_cursor());
        SNAPGATE_ASSIGN(bool found, cursor.seek(std::string_view("\0", 1)));
        while (found) {
            const std::string_view key = cursor.key();
            // The row of the format has no checksum; whoever opened the store has read it.
            if (!is_format_row(key)) SNAPGATE_TRY(check_value(key, cursor.value()));
            SNAPGATE_ASSIGN(found, cursor.next());
        }
        finish_object();
        for (const auto& [number, cluster] : clusters_) finish_cluster(number, cluster);
        return faults_;
    }

  private:
    Result<void> read_sequence() {
        const auto value = rows_.get(meta_key(kSequenceName).view());
        if (!value && value.error().code != Code::kCorrupt) return value.error();
        const auto sequence = value && *value ? decode_sequence(**value)
                                              : Result<Sequence>(corrupt_row("its counters"));
        if (sequence) {
            sequence_ = *sequence;
        } else {
            sequence_ = {UINT64_MAX, UINT32_MAX, 0};
            // A row that is there is reported when the walk comes to it.
            if (value && !*value) fault(meta_key(kSequenceName).view(), "is missing");
        }
        return {};
    }

    Result<void> check_value(std::string_view key, const Result<std::string_view>& value) {
        if (!value) return note_damage(key, value.error());
        check_row(key, *value);
        return {};
    }

    Result<void> note_damage(std::string_view key, const Error& error) {
        if (error.code != Code::kCorrupt) return error;
        ++faults_;
        tell_(key, error.message);
        const auto table = static_cast<Table>(key[0]);
        if (table < Table::kCluster || key.size() < 1 + sizeof(ClusterNumber)) return {};
        const ClusterNumber number = load_u32(key, 1);
        if (table == Table::kCluster) unread_.insert(number);
        if (const auto known = clusters_.find(number); known != clusters_.end())
            known->second.objects_unread = true;
        return {};
    }

    void check_row(std::string_view key, std::string_view value) {
        const auto table = static_cast<Table>(key[0]);
        if (table <= Table::kRecord) return check_own_row(table, key, value);
        if (table == Table::kAudit) return check_audit_line(key, value);
        if (!is_of_clusters(table) || key.size() < 1 + sizeof(ClusterNumber))
            return fault(key, "has a key that this snapgate does not write");
        const ClusterNumber number = load_u32(key, 1);
        const bool of_cluster = table == Table::kCluster || table == Table::kSweep;
        if (of_cluster && key != cluster_key(table, number).view())
            return fault(key, "has a key that this snapgate does not write");
        if (table == Table::kCluster) return check_cluster(key, number, value);
        if (table == Table::kSweep) {
            if (clusters_.contains(number)) fault(key, "is of a cluster that is not deleted");
            swept_.insert(number);
            return;
        }
        if (swept_.contains(number) || unread_.contains(number)) return;
        const auto known = clusters_.find(number);
        if (known == clusters_.end()) return fault(key, "is of a cluster that does not exist");
        switch (table) {
            case Table::kHead:
                return check_head(key, known->second, value);
            case Table::kVersion:
                return check_version_row(key, number, known->second, value);
            case Table::kCount:
            case Table::kStaged:
            case Table::kBytes:
            case Table::kStagedBytes:
                return check_count(key, table, known->second, value);
            case Table::kLog:
                return check_log(key, number, known->second, value);
            case Table::kIndex:
                if (!parse_index_key(key)) fault(key, "has a key of another form");
                return;
            case Table::kDamaged:
                return check_damaged_name(key, number, known->second);
            case Table::kNote:
                if (!is_note_key(key)) fault(key, "has a key of another form");
                return;
            default:
                return check_object(key, number, known->second, value);
        }
    }

    void check_own_row(Table table, std::string_view key, std::string_view value) {
        if (table == Table::kMeta && key.substr(1) == kSequenceName && !decode_sequence(value))
            fault(key, "cannot be decoded");
        if (table == Table::kMeta && is_note_of_store(key.substr(1)) && !decode_number(value))
            fault(key, "cannot be decoded");
        if (table == Table::kMeta && key.substr(1) == kBytesName) sums_bytes_ = true;
        if (table == Table::kRecord && (key.size() < 3 || value.empty())) fault(key, "is empty");
        if (table < Table::kMeta) fault(key, "has a key that this snapgate does not write");
    }

    void check_audit_line(std::string_view key, std::string_view value) {
        if (!is_audit_key(key)) return fault(key, "has a key of another form");
        if (!is_audit_line(value)) return fault(key, "is no JSON object");
        const auto dropped = find(meta_key(kAuditName).view());
        const auto number = dropped && *dropped ? decode_number(**dropped) : Result<uint64_t>(0);
        if (number && load_u64(key, 1) <= *number)
            fault(key, "is one that was dropped: its number was used twice");
    }

    void check_cluster(std::string_view key, ClusterNumber number, std::string_view value) {
        auto row = decode_cluster(value);
        if (!row) {
            unread_.insert(number);
            return fault(key, "cannot be decoded");
        }
        if (number >= sequence_.next_cluster || row->head.revision >= sequence_.next_revision)
            fault(key, "is ahead of the store's counters: its number would be used again");
        if (row->floor > row->head.revision) fault(key, "keeps history only from above its head");
        clusters_[number].row = std::move(*row);
    }

    void check_head(std::string_view key, ClusterCheck& cluster, std::string_view value) {
        const auto head = decode_head(value);
        const Revision revision = key.size() == 13 ? load_u64(key, 5) : 0;
        if (!head || revision == 0) return fault(key, "cannot be decoded");
        if (revision > cluster.row.head.revision) fault(key, "is above the cluster's head");
        cluster.newest_head = revision;
        cluster.newest_version = head->version;
        if (head->version.empty()) return;
        const ClusterNumber number = load_u32(key, 1);
        const auto named = find(version_key(number, head->version).view());
        if (!named) return;  // damaged, and told as such
        if (!*named) return fault(key, "has a list version that leads to no head");
        const auto row = decode_version_row(**named);
        if (row && (revision < row->first || revision > row->last))
            fault(key, "has a list version that leads to other heads");
    }

    void check_version_row(std::string_view key, ClusterNumber number, const ClusterCheck& cluster,
                           std::string_view value) {
        const auto row = decode_version_row(value);
        if (!row) return fault(key, "cannot be decoded");
        if (row->first > row->last || row->last > cluster.row.head.revision)
            return fault(key, "names heads that cannot be");
        if (key == known_versions_key(number).view()) return;
        for (const Revision revision : {row->first, row->last}) {
            const auto head = find(head_key(number, revision).view());
            if (head && !*head)
                fault(key, fmt::format("leads to the head {}, which is missing", revision));
        }
    }

    void check_count(std::string_view key, Table table, ClusterCheck& cluster,
                     std::string_view value) {
        const auto count = decode_number(value);
        if (!count) return fault(key, "cannot be decoded");
        if (is_staged(table) && cluster.row.stage == Stage::kNone)
            return fault(key, "is of a stage, and none is open");
        cluster.counts[std::string(key)] += *count;
    }

    void check_log(std::string_view key, ClusterNumber number, ClusterCheck& cluster,
                   std::string_view value) {
        LogRowReader reader(value);
        while (true) {
            const auto another = reader.next();
            if (!another) return fault(key, "cannot be decoded");
            if (!*another) break;
            const LogEntry& entry = reader.entry();
            if (entry.revision <= cluster.newest_entry)
                fault(key, fmt::format("has the change {} out of order", entry.revision));
            cluster.newest_entry = entry.revision;
            if (entry.revision > cluster.row.floor) ++cluster.changes;
            check_change(key, number, entry);
        }
        if (key.size() != 13 || load_u64(key, 5) != cluster.newest_entry)
            fault(key, "has another last change than its key says");
    }

    // A change of the log has its version, and the one before it.
    void check_change(std::string_view key, ClusterNumber number, const LogEntry& entry) {
        if (!fits_key(entry.key.ns, entry.key.name)) return fault(key, "names no object");
        const auto version_of = [&](Revision revision) {
            return find(
                object_key(number, entry.kind, entry.key.ns, entry.key.name, revision).view());
        };
        const auto version = version_of(entry.revision);
        if (version && !*version) {
            return fault(key, fmt::format("has the change {} of {}/{}, whose version is missing",
                                          entry.revision, entry.key.ns, entry.key.name));
        }
        if (version) {
            const auto state = decode_version(**version);
            if (state && state->has_value() == (entry.op == LogEntry::Op::kDeleted))
                fault(key, fmt::format("has the change {} of {}/{} as another than it was",
                                       entry.revision, entry.key.ns, entry.key.name));
        }
        if (entry.op == LogEntry::Op::kCreated) return;
        const auto before = version_of(entry.previous);
        if (before && !*before)
            fault(key, fmt::format("has the change {} of {}/{}, whose version before it, {}, is "
                                   "missing",
                                   entry.revision, entry.key.ns, entry.key.name, entry.previous));
    }

    void check_object(std::string_view key, ClusterNumber number, ClusterCheck& cluster,
                      std::string_view value) {
        const auto address = parse_object_key(key);
        if (!address) return fault(key, "has a key of another form");
        const std::string_view object = key.substr(0, key.size() - sizeof(Revision));
        if (!object_ || object_->key != object) {
            finish_object();
            object_.emplace().key = object;
        }
        const auto version = decode_version(value);
        if (!version) {
            cluster.objects_unread = true;
            return fault(key, "cannot be decoded");
        }
        const bool live = version->has_value();
        if (live && !are_facts_readable(**version)) fault(key, "has facts that cannot be read");
        if (address->revision >= sequence_.next_revision)
            fault(key, "is ahead of the store's counters: its revision would be used again");
        if (address->revision > cluster.row.floor) ++cluster.versions;
        const auto bytes = live ? static_cast<int64_t>((*version)->text.size()) : 0;
        if (!object_->any) object_->newest = {.count = live ? 1 : 0, .bytes = bytes};
        object_->any = true;
        if (address->revision > cluster.row.head.revision) {
            if (cluster.row.stage == Stage::kNone)
                fault(key, "is above the cluster's head, and no stage is open");
        } else if (!object_->at_head) {
            object_->at_head = true;
            object_->at_head_is = {.count = live ? 1 : 0, .bytes = bytes};
        }
        const auto kind = static_cast<Kind>(key[5]);
        if (!live || kind != Kind::kSnapshot || (*version)->vm.empty()) return;
        const auto hint = find(
            index_key(number, model::vm_hash((*version)->vm), address->ns, address->name).view());
        if (hint && !*hint) fault(key, "is missing in the index by VM");
    }

    // Such a name has no object.
    void check_damaged_name(std::string_view key, ClusterNumber number,
                            const ClusterCheck& cluster) {
        const auto address = parse_damaged_key(key);
        if (!address) return fault(key, "has a key of another form");
        auto cursor = rows_.plain_cursor();
        if (!cursor) return;
        const auto object = find_version(*cursor, number, address->kind, address->ns, address->name,
                                         cluster.row.head.revision);
        if (object && *object) fault(key, "is that of an object that is there");
    }

    // Counts the object whose versions have all been seen.
    void finish_object() {
        if (!object_) return;
        const ClusterNumber number = load_u32(object_->key, 1);
        const auto kind = static_cast<Kind>(object_->key[5]);
        // The namespace ends with the first zero byte.
        const std::string_view texts = std::string_view(object_->key).substr(6);
        const std::string_view ns = texts.substr(0, texts.find('\0'));
        ClusterCheck& cluster = clusters_[number];
        const auto subtract = [&cluster](const Key& key, int64_t change) {
            if (change != 0)
                cluster.counts[std::string(key.view())] -= static_cast<uint64_t>(change);
        };
        const auto count = [&](Table counts, Table sums, int64_t change, int64_t bytes) {
            subtract(count_key(counts, number, kind), change);
            subtract(count_key(counts, number, kind, ns), change);
            subtract(count_key(sums, number, kind), bytes);
        };
        const Weight& head = object_->at_head_is;
        const Weight& newest = object_->newest;
        count(Table::kCount, Table::kBytes, head.count, head.bytes);
        if (cluster.row.stage == Stage::kOpen) {
            count(Table::kStaged, Table::kStagedBytes, newest.count - head.count,
                  newest.bytes - head.bytes);
        }
        object_.reset();
    }

    void finish_cluster(ClusterNumber number, const ClusterCheck& cluster) {
        const Key key = cluster_key(Table::kCluster, number);
        const Head& head = cluster.row.head;
        const std::string_view version = head.decimal ? std::string_view() : head.version;
        if (cluster.newest_head != head.revision || cluster.newest_version != version)
            fault(key.view(),
                  fmt::format("has the head {}, whose row is missing or another", head.revision));
        if (cluster.objects_unread) return;
        // A stage that was given up is removed in steps, and so are its counts.
        const bool removing = cluster.row.stage == Stage::kGivenUp;
        if (!removing && cluster.changes != cluster.versions)
            fault(key.view(), fmt::format("has {} changes above its floor {}, and {} versions",
                                          cluster.changes, cluster.row.floor, cluster.versions));
        for (const auto& [count_row, difference] : cluster.counts) {
            const auto table = static_cast<Table>(count_row[0]);
            if (difference == 0 || (is_staged(table) && removing)) continue;
            // The next start adds them up.
            const bool bytes = table == Table::kBytes || table == Table::kStagedBytes;
            if (bytes && !sums_bytes_) continue;
            const bool more = static_cast<int64_t>(difference) > 0;
            fault(count_row,
                  fmt::format("is {} {} than the objects that there are",
                              more ? difference : 0 - difference, more ? "more" : "fewer"));
        }
    }

    // The value of a row; an error for a damaged one, which the walk reports.
    Result<std::optional<std::string_view>> find(std::string_view key) const {
        return rows_.get(key);
    }

    void fault(std::string_view key, std::string_view what) {
        ++faults_;
        const DamagedRow row = describe_row(key);
        tell_(key,
              fmt::format("{}{} {}", row.what,
                          row.cluster ? fmt::format(" of the cluster with number {}", *row.cluster)
                                      : std::string(),
                          what));
    }

    const engine::ReadTransaction& rows_;
    const RowFaultSink& tell_;
    Sequence sequence_;
    std::map<ClusterNumber, ClusterCheck> clusters_;
    std::set<ClusterNumber> swept_;
    std::set<ClusterNumber> unread_;  // clusters whose own row is damaged
    std::optional<ObjectCheck> object_;
    bool sums_bytes_ = false;  // the sums of kBytes are kept
    uint64_t faults_ = 0;
};

}  // namespace

Result<uint64_t> check_rows(engine::Environment& environment, const RowFaultSink& tell) {
    SNAPGATE_ASSIGN(const engine::ReadTransaction rows, environment.read());
    return RowCheck(rows, tell).run();
}

}  // namespace snapgate::store
