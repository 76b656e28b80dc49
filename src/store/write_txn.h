#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transaction.h"
#include "store/history_clock.h"
#include "store/keys.h"
#include "store/log_row.h"
#include "store/rows.h"
#include "store/store.h"

namespace snapgate::store {

// How far compaction of a cluster may go.
struct CompactionLimits {
    int64_t cutoff_ms = 0;       // heads that were superseded before this time may be removed
    Revision hold = UINT64_MAX;  // this revision must stay readable
};

// What a step found that looks for times which are ahead of the clock of history.
struct TimeHealing {
    std::string next;      // the key of the row at which the next step begins; "" after the last
    uint64_t heads = 0;    // that were set back to the present time
    int64_t ahead_ms = 0;  // how far ahead the farthest stored time was
};

// The writes of one group commit, over one write transaction of the engine, which must outlive it.
// Writer thread only. Rows that every write of a group would touch (heads, counts, the log, the
// sequence) are collected in memory, and finish() writes them once.
class Transaction final : public WriteTxn {
  public:
    // The most rows that one step of compaction, of a sweep, or of the removal of a stage removes.
    static constexpr size_t kStepRows = 256;

    struct Blocked {
        ClusterNumber cluster = 0;
        bool give_up_stage = false;  // the open stage must be given up first
    };

    Transaction(engine::WriteTransaction& rows, const Sequence& sequence,
                const HistoryClock& clock);

    int64_t now_ms() const override { return system_ms_; }
    base::Result<ClusterNumber> create_cluster() override;
    base::Result<void> create_cluster_as(ClusterNumber cluster) override;
    base::Result<void> delete_cluster(ClusterNumber cluster) override;
    base::Result<std::optional<Found>> get(ClusterNumber cluster, Kind kind, std::string_view ns,
                                           std::string_view name) override;
    base::Result<Revision> put(ClusterNumber cluster, Kind kind,
                               const model::PreparedObject& object,
                               std::optional<std::string_view> version) override;
    base::Result<bool> erase(ClusterNumber cluster, Kind kind, std::string_view ns,
                             std::string_view name) override;
    base::Result<void> set_list_version(ClusterNumber cluster, std::string_view version) override;
    base::Result<void> open_stage(ClusterNumber cluster) override;
    base::Result<void> publish_stage(ClusterNumber cluster, std::string_view list_version) override;
    base::Result<void> give_up_stage(ClusterNumber cluster) override;
    base::Result<void> forget_list_versions(ClusterNumber cluster) override;
    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) override;
    base::Result<uint64_t> bytes(ClusterNumber cluster, Kind kind) override;
    base::Result<bool> has_cluster(ClusterNumber cluster) override;
    base::Result<std::optional<std::string>> note(ClusterNumber cluster, NoteType type,
                                                  std::string_view key) override;
    base::Result<bool> has_notes(ClusterNumber cluster, NoteType type,
                                 std::string_view prefix) override;
    base::Result<void> put_note(ClusterNumber cluster, NoteType type, std::string_view key,
                                std::string_view value) override;
    base::Result<void> erase_note(ClusterNumber cluster, NoteType type,
                                  std::string_view key) override;
    base::Result<void> add_audit_line(std::string_view line) override;
    base::Result<bool> drop_audit_lines(uint64_t up_to) override;
    base::Result<std::optional<std::string>> record(RecordType type, std::string_view id) override;
    base::Result<std::vector<std::pair<std::string, std::string>>> records(
        RecordType type) override;
    base::Result<void> put_record(RecordType type, std::string_view id,
                                  std::string_view value) override;
    base::Result<void> erase_record(RecordType type, std::string_view id) override;
    const std::vector<ChangedRecord>& changed_records() const override { return changed_records_; }

    // Steps of the store's own work; true while there is more to do.
    base::Result<bool> remove_stage_step(ClusterNumber cluster, bool give_up_open);
    base::Result<bool> compact_step(ClusterNumber cluster, const CompactionLimits& limits);
    base::Result<bool> sweep_step(ClusterNumber cluster);
    // Goes over the heads of all clusters, from the row `from` on ("" for the first).
    base::Result<TimeHealing> heal_times_step(std::string_view from);

    // Puts the facts of a snapshot's version in their empty room. Nothing happens if the version is
    // gone, or has facts.
    base::Result<void> fill_facts(std::string_view key, std::string_view facts);
    // Notes that every snapshot has facts of the present layout.
    base::Result<void> note_facts();

    // Has the group write a row that says nothing new: whether that succeeds is the question.
    void try_to_write() { mark_changed(); }

    // Before each write function of the group.
    void begin_function();
    // Since then: whether the function changed a row; and whether it met a cluster whose given-up
    // stage must be removed first, after which the function must run again.
    bool wrote() const { return function_wrote_; }
    const std::optional<Blocked>& blocked() const { return blocked_; }

    // For the whole group: the failure after which only a roll-back is possible; whether there is
    // anything to commit; about how many bytes.
    const std::optional<base::Error>& broken() const { return broken_; }
    bool changed() const { return changed_; }
    size_t bytes() const { return bytes_; }
    // Writes the collected rows; the engine's commit comes next.
    base::Result<void> finish();
    const Sequence& sequence() const { return sequence_; }
    // After finish(): the clusters whose head moved (or that were deleted), and the clusters whose
    // stage was given up.
    const std::vector<ClusterNumber>& moved() const { return moved_; }
    const std::vector<ClusterNumber>& given_up() const { return given_up_; }

  private:
    struct ClusterState {
        ClusterRow row;
        bool row_changed = false;
        bool head_moves = false;
        Revision written = 0;  // the newest head that has a row
        bool deleted = false;
        bool given_up = false;
        bool has_damaged = false;  // names of kDamaged
        LogRowBuilder log;
        // Keys of kCount and kBytes, and of kStaged and kStagedBytes -> change.
        std::map<std::string, int64_t, std::less<>> counts;
        std::map<std::string, int64_t, std::less<>> staged;
    };

    base::Result<ClusterState*> find(ClusterNumber cluster);
    base::Result<ClusterState*> find_writable(ClusterNumber cluster);
    base::Error block(ClusterNumber cluster, bool give_up_stage);
    base::Result<std::optional<Found>> newest(ClusterNumber cluster, Kind kind, std::string_view ns,
                                              std::string_view name, Revision at);
    // `bytes`: by which the texts of the objects grew.
    void note_change(ClusterNumber cluster, ClusterState& state, const LogEntry& entry,
                     int64_t bytes);
    // A number of the newest state: the row of `key`, of kCount or kBytes, and its change.
    base::Result<uint64_t> counted(ClusterNumber cluster, const Key& key);
    // After an object was written or deleted: it is no longer known as damaged.
    base::Result<void> forget_damaged(ClusterNumber cluster, const ClusterState& state, Kind kind,
                                      std::string_view ns, std::string_view name);
    void move_head(ClusterState& state, Revision revision);
    void set_version(ClusterState& state, std::string_view version);
    // Writes the row of the present head, and that of its list version.
    base::Result<void> write_head(ClusterNumber cluster, ClusterState& state);
    void mark_changed();
    base::Result<bool> has_staged_rows(ClusterNumber cluster, const ClusterState& state);
    base::Result<void> publish_counts(ClusterNumber cluster, ClusterState& state);

    base::Result<void> put_row(std::string_view key, std::string_view value);
    base::Result<void> add_row(std::string_view key, std::string_view value);
    base::Result<void> erase_row(std::string_view key);
    base::Result<std::optional<std::string>> first_key(std::string_view prefix);
    // Erases up to `most` rows that begin with `prefix`; returns their number.
    base::Result<size_t> erase_rows(std::string_view prefix, size_t most);
    base::Result<void> write_log(ClusterNumber cluster, ClusterState& state);
    base::Result<void> write_counts(const std::map<std::string, int64_t, std::less<>>& changes);
    // Removes a version, and its hint in the index if no other version of the object has the same
    // VM.
    base::Result<size_t> remove_version(ClusterNumber cluster, Kind kind,
                                        const model::ObjectKey& key, Revision revision);
    base::Result<bool> raise_floor(ClusterNumber cluster, ClusterState& state,
                                   const CompactionLimits& limits);
    base::Result<size_t> compact_log(ClusterNumber cluster, Revision floor, size_t most,
                                     bool& more);
    base::Result<size_t> forget_version(ClusterNumber cluster, Revision revision,
                                        std::string_view version);
    base::Result<void> trim_heads(ClusterNumber cluster, Revision floor, size_t most, bool& more);

    engine::WriteTransaction& rows_;
    Sequence sequence_;
    const int64_t now_ms_;     // by the clock of history
    const int64_t system_ms_;  // by the system's
    std::map<ClusterNumber, ClusterState> clusters_;
    std::deque<std::string> copies_;  // texts that get() returned to the running function
    std::string value_;               // of the row that is being put; its memory is reused
    bool function_wrote_ = false;
    bool changed_ = false;
    size_t bytes_ = 0;
    std::optional<Blocked> blocked_;
    std::optional<base::Error> broken_;
    std::vector<ClusterNumber> moved_;
    std::vector<ClusterNumber> given_up_;
    std::vector<ChangedRecord> changed_records_;
};

}  // namespace snapgate::store
