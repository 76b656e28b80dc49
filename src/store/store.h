#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metric_text.h"
#include "base/result.h"
#include "model/object.h"
#include "model/types.h"
#include "store/held_state.h"

namespace snapgate::engine {
class Environment;
}

namespace snapgate::store {

using model::ClusterNumber;
using model::Kind;
using model::Revision;

// The newest state of a cluster that readers can see: lists begin here.
struct Head {
    Revision revision = 0;
    // The list's resource version; on a hosted cluster the revision in decimal.
    std::string version;
    int64_t since_ms = 0;  // when this revision became the head, by the clock of history
    bool decimal = true;   // no list version was ever set: a hosted cluster, or a new mirror
};

// Types of record: small values of the registry (projects, clusters, keys), which are stored beside
// the objects and in their transactions. The numbers are on disk, so their meaning never changes.
enum class RecordType : uint8_t {
    kProject = 1,
    kCluster = 2,
    kKey = 3,
    kMirror = 4,  // the stored part of a mirror's status, as JSON; the id is the cluster's number,
                  // in decimal
    kCopy = 5,    // of a replica: what this store is a copy of, and how far (replica/copy_state.h)
    // A session of the console, on servers that share a truth alone (identity/shared_sessions.h).
    kSession = 6,
};

// A record that was put or erased.
struct ChangedRecord {
    RecordType type = RecordType::kProject;
    std::string id;
};

// Types of note: small rows that the layers above keep beside a cluster's objects and write in the
// same transactions. They have no history and move no head; they go with their cluster, and a
// backup has them. The numbers are on disk, so their meaning never changes.
//
// Of the types that follow from the objects a repair of the cluster removes all, for they are made
// again (objects/garbage_collector.h).
enum class NoteType : uint8_t {
    kDependent = 1,           // a snapshot is owned by another one; follows from the objects
    kDependentsComplete = 2,  // every such snapshot has its note; follows from the objects
    kCollect = 3,             // work of the garbage collector
    kListed = 4,              // of a mirror, where servers share a truth: mirror/state_names.h
};

// A commit that moved heads, as its subscribers are told of it.
struct HeadsMoved {
    const std::vector<ClusterNumber>& clusters;
    Revision newest = 0;  // that was used: no later commit moves a head to it, or to one before it
};

class Store;
struct ReadState;
struct ScanState;

// One entry of a cluster's log: the change that made a revision.
struct LogEntry {
    enum class Op : uint8_t { kCreated = 1, kUpdated = 2, kDeleted = 3 };
    Revision revision = 0;
    Revision previous = 0;  // the object's revision before; 0 for kCreated
    Op op = Op::kCreated;
    Kind kind = Kind::kSnapshot;
    model::ObjectKey key;
};

// The object a scan stands on.
struct Found {
    std::string_view ns;
    std::string_view name;
    Revision revision = 0;
    model::StoredObject object;
};

// The names of a cluster's objects that a repair of the store removed, because their rows were
// damaged (repair.h). A name stays one of them until it is written or deleted.
struct DamagedNames {
    uint64_t count = 0;
    model::ObjectKey example;  // the first one
};

// A line of the audit trail, as it was added. Numbers have no gaps, and none is used twice, also
// not by a store that was restored from a backup.
struct AuditLine {
    uint64_t number = 0;
    std::string text;  // "" if the row is damaged
};

// A state of all clusters together.
struct StoreState {
    Revision revision = 0;           // every cluster's head is at or below it
    ClusterNumber next_cluster = 0;  // clusters with smaller numbers existed then, no others

    bool operator==(const StoreState&) const = default;
};

// A read transaction: one consistent state of the whole store. The views that it returns are valid
// until it is destroyed. Never keep one across a co_await or for longer than one page: an old
// reader keeps old pages alive, and the file grows. Make it, read, copy, destroy it; that costs
// about a microsecond. Only the thread that made it may use it.
class ReadView {
  public:
    ~ReadView();
    ReadView(ReadView&&) noexcept;
    ReadView& operator=(ReadView&&) = delete;

    // The head of a cluster; nullopt if there is no such cluster.
    base::Result<std::optional<Head>> head(ClusterNumber cluster) const;
    // The newest state of the whole store.
    base::Result<StoreState> newest_state() const;
    // The head that the cluster had at a revision of the store: the newest one that is not after
    // it. nullopt if the cluster does not exist any more; kExpired if heads of that time may have
    // been removed, or if the cluster did not exist yet.
    base::Result<std::optional<Revision>> head_at(ClusterNumber cluster, Revision revision) const;
    // When a newer head took the place of the state at `revision`, by the clock of history; nullopt
    // while that state is the newest. The revision need not be a head: several changes share a
    // commit, and each of their revisions stands for the state right after that change (scan and
    // get can read this state, log can go on from it). kFutureVersion above the head; kExpired if
    // compaction may have removed versions that the state needs, or if the cluster did not exist
    // then.
    base::Result<std::optional<int64_t>> replaced_ms(ClusterNumber cluster,
                                                     Revision revision) const;
    // The first head of the cluster whose list had the resource version `version`; nullopt if no
    // such head is known, or none any more.
    base::Result<std::optional<Revision>> revision_of(ClusterNumber cluster,
                                                      std::string_view version) const;
    // The revision after which a client that was told this version needs the changes. As a rule it
    // is the version's own revision. If a mirror forgot its versions, and this one was told both
    // before and after that, it is an earlier revision: a client that goes on from there misses
    // nothing, whichever of the two states it has.
    base::Result<std::optional<Revision>> goes_on_from(ClusterNumber cluster,
                                                       std::string_view version) const;
    // The list version of the state at `revision`, which is not above the head: the revision in
    // decimal on a hosted cluster; on a mirror the version of the newest head at or before the
    // revision, which is the newest version that a list or a bookmark may claim to have seen.
    // kExpired as replaced_ms.
    base::Result<std::string> version_at(ClusterNumber cluster, Revision revision) const;
    // The list version of the first head at or after `revision`: the version under which that
    // change became visible (a deletion, or a change within a stage).
    base::Result<std::string> visible_version(ClusterNumber cluster, Revision revision) const;
    // The first head at or after `revision`, which is not above the head: that commit made the
    // change visible. kExpired as replaced_ms.
    base::Result<Revision> published_at(ClusterNumber cluster, Revision revision) const;

    // The number of objects at the head, in all or in one namespace.
    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) const;
    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind, std::string_view ns) const;
    // The sum of the sizes of the texts of a kind's objects (model::StoredObject).
    base::Result<uint64_t> bytes(ClusterNumber cluster, Kind kind) const;

    // The object as it was at revision `at`; nullopt if it did not exist then.
    base::Result<std::optional<Found>> get(ClusterNumber cluster, Kind kind, std::string_view ns,
                                           std::string_view name, Revision at) const;
    // The object as it is at the cluster's head; nullopt if the object or the cluster does not
    // exist; kCorrupt if there was one and it is damaged.
    base::Result<std::optional<Found>> newest(ClusterNumber cluster, Kind kind, std::string_view ns,
                                              std::string_view name) const;

    // Whether a repair removed that object, and nobody has written or deleted it since.
    base::Result<bool> is_damaged(ClusterNumber cluster, Kind kind, std::string_view ns,
                                  std::string_view name) const;
    // All of them. Its cost grows with their number, which as a rule is 0.
    base::Result<DamagedNames> damaged_names(ClusterNumber cluster) const;

    // Walks the objects of a cluster and kind as they were at a revision, by namespace, then name.
    class Scan {
      public:
        ~Scan();
        Scan(Scan&&) noexcept;
        // Moves to the first object at or after (ns, name). A name of "" means the namespace's
        // first object. False if there is no such object. Stops with `exhausted()` after it has
        // looked at `budget` rows since the scan was made; then `resume_key()` says where to seek
        // in a later view.
        base::Result<bool> seek(std::string_view ns, std::string_view name);
        base::Result<bool> next();
        const Found& found() const;  // only after seek or next has returned true
        bool exhausted() const;
        model::ObjectKey resume_key() const;

      private:
        friend class ReadView;
        explicit Scan(std::unique_ptr<ScanState> state);
        std::unique_ptr<ScanState> state_;
    };
    Scan scan(ClusterNumber cluster, Kind kind, Revision at, size_t budget = SIZE_MAX) const;

    // Walks one VM's snapshots as they were at a revision, in the order and with the rules of scan.
    // It uses the index, so its cost does not grow with the number of other objects. Every hit is
    // checked against the object at `at`.
    Scan scan_vm(ClusterNumber cluster, std::string_view vm, Revision at,
                 size_t budget = SIZE_MAX) const;

    // Rows of the log with revisions in (after, up_to], at most `max`, oldest first. kExpired if
    // rows after `after` may be compacted.
    base::Result<std::vector<LogEntry>> log(ClusterNumber cluster, Revision after, Revision up_to,
                                            size_t max) const;

    // Notes of a cluster whose keys begin with `prefix` and come after `after` ("" for the first
    // one), with their values, at most `max`, in the order of their keys.
    base::Result<std::vector<std::pair<std::string, std::string>>> notes(ClusterNumber cluster,
                                                                         NoteType type,
                                                                         std::string_view prefix,
                                                                         std::string_view after,
                                                                         size_t max) const;

    // Lines of the audit trail with numbers above `after`, oldest first: as many as have
    // `most_bytes`, or one that is longer. A damaged row is no failure.
    base::Result<std::vector<AuditLine>> audit_lines(uint64_t after, size_t most_bytes) const;

    base::Result<std::optional<std::string>> record(RecordType type, std::string_view id) const;
    base::Result<std::vector<std::pair<std::string, std::string>>> records(RecordType type) const;

  private:
    friend class Store;
    explicit ReadView(std::unique_ptr<ReadState> state);
    std::unique_ptr<ReadState> state_;
};

// The transaction of one group commit; it sees its own writes. Each write function of the group
// gets it in turn, on the writer thread. If a function fails after it has written, the whole group
// is rolled back and runs again without that function. So a function may run more than once. It
// must touch only the transaction and variables that it alone owns, and reset those at its start.
class WriteTxn {
  public:
    virtual ~WriteTxn() = default;

    // As Store::now_ms(), when the transaction began.
    virtual int64_t now_ms() const = 0;

    // Clusters. A new cluster gets a number that was never used, and a head with no objects.
    virtual base::Result<ClusterNumber> create_cluster() = 0;
    // The same for a mirror: where the truth is elsewhere (Store::replicates), its number is part
    // of the truth, and each server keeps the objects in its own store (Store::local).
    virtual base::Result<ClusterNumber> create_mirror() { return create_cluster(); }
    // The same with a number that was given elsewhere, for the copy of another store.
    // kAlreadyExists for a number that this store has used.
    virtual base::Result<void> create_cluster_as(ClusterNumber cluster) = 0;
    // Hides the cluster at once; its rows are removed in small steps afterwards.
    virtual base::Result<void> delete_cluster(ClusterNumber cluster) = 0;

    // Objects, at the newest state (while a stage is open: at its newest state). The result of get
    // is valid until the write function ends.
    virtual base::Result<std::optional<Found>> get(ClusterNumber cluster, Kind kind,
                                                   std::string_view ns, std::string_view name) = 0;
    // Stores a version under a new revision and returns it. Without `version` the object's resource
    // version is that revision in decimal.
    virtual base::Result<Revision> put(ClusterNumber cluster, Kind kind,
                                       const model::PreparedObject& object,
                                       std::optional<std::string_view> version = {}) = 0;
    // A store that has its truth elsewhere (Store::replicates) learns the resource versions when
    // the truth has taken the write: until then put() returns another number. `revision`, to which
    // that number was assigned, becomes the resource version before the write is reported done.
    virtual void settle_revision(const std::shared_ptr<Revision>& /*revision*/) {}
    // False if there is no such object; one that a repair removed is no longer known as damaged,
    // and of a namespace none of its snapshots is.
    virtual base::Result<bool> erase(ClusterNumber cluster, Kind kind, std::string_view ns,
                                     std::string_view name) = 0;
    // Sets a mirror's list version after its last change. The revision of that change becomes a
    // head, and readers can ask for it by this version; earlier heads of the same commit keep their
    // own versions. Without a change since the last head, the new head takes a new revision. If the
    // head has this version already, nothing changes. kConflict while a stage is open.
    virtual base::Result<void> set_list_version(ClusterNumber cluster,
                                                std::string_view version) = 0;

    // Stages: changes of a cluster that are written over many commits, and that nobody sees until
    // they are published together. While a stage is open, every put and erase of that cluster
    // belongs to it. Opening a stage gives up the one that is open. A stage that was given up (also
    // by a crash) is removed before the cluster's head moves again.
    //
    // What is published is all that the cluster has: none of its names is known as damaged then.
    virtual base::Result<void> open_stage(ClusterNumber cluster) = 0;
    virtual base::Result<void> publish_stage(ClusterNumber cluster,
                                             std::string_view list_version) = 0;
    virtual base::Result<void> give_up_stage(ClusterNumber cluster) = 0;

    // Makes a mirror forget all list versions before its head: its cluster was restored and may use
    // these versions again for other states. Their revisions can still be read.
    virtual base::Result<void> forget_list_versions(ClusterNumber cluster) = 0;

    // The number of objects at the newest state, without the changes of an open stage.
    virtual base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) = 0;
    // The sum of the sizes of their texts (model::StoredObject), in the same way.
    virtual base::Result<uint64_t> bytes(ClusterNumber cluster, Kind kind) = 0;
    // Whether the cluster exists in this transaction (created and not deleted).
    virtual base::Result<bool> has_cluster(ClusterNumber cluster) = 0;

    // Notes of a cluster that exists. Keys have at most 500 bytes.
    virtual base::Result<std::optional<std::string>> note(ClusterNumber cluster, NoteType type,
                                                          std::string_view key) = 0;
    // Whether there is a note whose key begins with `prefix`.
    virtual base::Result<bool> has_notes(ClusterNumber cluster, NoteType type,
                                         std::string_view prefix) = 0;
    virtual base::Result<void> put_note(ClusterNumber cluster, NoteType type, std::string_view key,
                                        std::string_view value) = 0;
    virtual base::Result<void> erase_note(ClusterNumber cluster, NoteType type,
                                          std::string_view key) = 0;

    // The audit trail: lines about writes, added in the transactions of those writes, and dropped
    // when they were copied to where they are read. They are of no cluster, have no history, and
    // are in no backup. A line is a JSON object of at most kMaxAuditLine bytes.
    virtual base::Result<void> add_audit_line(std::string_view line) = 0;
    // Drops lines up to this number, some thousands at most. True if some are left.
    virtual base::Result<bool> drop_audit_lines(uint64_t up_to) = 0;

    virtual base::Result<std::optional<std::string>> record(RecordType type,
                                                            std::string_view id) = 0;
    // All records of a type, in order of id.
    virtual base::Result<std::vector<std::pair<std::string, std::string>>> records(
        RecordType type) = 0;
    virtual base::Result<void> put_record(RecordType type, std::string_view id,
                                          std::string_view value) = 0;
    virtual base::Result<void> erase_record(RecordType type, std::string_view id) = 0;
    // Those that this transaction has put or erased so far, in all of its functions; some several
    // times.
    virtual const std::vector<ChangedRecord>& changed_records() const = 0;

    // The rows of a RecordTable as this transaction saw them last, so that of many functions each
    // looks at what is new alone.
    struct SeenRecords {
        const void* table = nullptr;       // whose rows they are
        std::shared_ptr<const void> rows;  // of the table's own type
        size_t changes = 0;                // how many of changed_records() they know
    };
    SeenRecords& seen_records(RecordType type) { return seen_records_[type]; }

  private:
    std::map<RecordType, SeenRecords> seen_records_;
};

using WriteFunction = std::function<base::Result<void>(WriteTxn&)>;
// `function`, which leaves in `changed` the records that it has changed, to be read once it is
// committed. Not those of the functions before it in its transaction, which have others read them:
// else each of a group would read what the whole group changed.
WriteFunction noting_records(WriteFunction function,
                             std::shared_ptr<std::vector<ChangedRecord>> changed);
// Runs on the writer thread when the commit is on disk, or when the write has failed; must be
// short.
using WriteDone = std::function<void(base::Result<void>)>;
// How old what reads show is, and why there is nothing to read.
using CaughtUp = std::function<void(base::Result<base::Millis>)>;

enum class Priority {
    kRequest,  // an API write: goes first
    kBatch,    // a step of an import, relist or sweep: at most 256 objects or 1 MiB
};

// Derives the facts of a snapshot from its object. kCorrupt if that cannot be read.
using DeriveFacts = std::function<base::Result<std::string>(const model::StoredObject&)>;

struct StoreOptions {
    std::filesystem::path directory;                   // made if it does not exist
    base::Millis history{300'000};                     // how long a past head can still be read
    const base::Clock* clock = &base::system_clock();  // outlives the store
    base::Millis scrub_interval{0};  // how often to read the whole data file (scrubber.h); 0: never
    // For snapshots that were stored without facts, which are then filled in (facts_filler.h). It
    // is called on a thread of the store. Without it, they stay as they are.
    DeriveFacts derive_facts;
    uint64_t map_bytes = 256ULL << 30;  // address space reserved; the file grows only as it is used
    size_t max_readers = 1024;
    bool create = true;                 // false: kNotFound if there is no store, or an empty one
    bool migrate = true;                // false: kUnavailable for a store of an older format
    bool background_compaction = true;  // false in tests that call compact() themselves
};

// A file that a backup holds beside the store.
struct BackupFile {
    std::string name;  // 1 to 255 bytes
    std::string content;
};

// A backup on its way (backup.h). Belongs to one thread at a time; ends before the store.
class Backup {
  public:
    virtual ~Backup() = default;
    // Appends the next part, of about a megabyte. False for the last one; kCorrupt if a row of the
    // store is damaged.
    virtual base::Result<bool> next(std::string& out) = 0;
};

// A row whose bytes are not what was written, or a row that was sought where a page is damaged.
struct DamagedRow {
    std::string what;  // for people: version 7 of the object "shop/web-1"
    std::optional<ClusterNumber> cluster;
    model::ObjectKey key;  // of an object's version
    bool of_page = false;  // rows may be missing on the page where this one is or would be
};

struct StoreStatistics {
    uint64_t commits = 0;
    uint64_t writes = 0;
    uint64_t file_bytes = 0;  // of the data file, with pages that are free for reuse
    uint64_t used_bytes = 0;  // of the pages that hold rows
    uint64_t map_bytes = 0;
    Revision revision = 0;       // the newest that was used
    uint64_t damaged_reads = 0;  // of damaged rows and on damaged pages, since the start
    // How often stored times were found more than a minute ahead, and were set back.
    uint64_t times_ahead = 0;
    uint64_t scrub_passes = 0;       // that ended since the start
    uint64_t damaged_pages = 0;      // that they found; one that stays damaged counts for each pass
    uint64_t scrubbed_objects = 0;   // versions of objects that passes read since the start
    int64_t scrub_completed_ms = 0;  // when the last pass ended, by the system's clock; 0: none yet
    uint64_t scrub_damaged_rows = 0;  // that the last pass found
    uint64_t facts_filled = 0;  // versions of snapshots whose facts were filled in since the start
    bool facts_complete = false;  // no facts are left to be filled in
    uint64_t failed_commits = 0;
    base::DurationHistogram::Counts commit_times;  // from the begin of a commit to its end
    uint64_t queued_requests = 0;                  // writes that wait to be committed
    uint64_t queued_batches = 0;
    base::Millis longest_queued{0};  // that the oldest of them has waited
    uint64_t history_holds = 0;      // that keep compaction from removing what they need
    base::Millis longest_hold{0};
    uint64_t readers = 0;  // read transactions that are open now
    uint64_t most_readers = 0;
    uint64_t held_commits = 0;  // since the oldest of them began
    uint64_t room_bytes = 0;    // by which the data file may still grow
};

inline constexpr size_t kStoreIdBytes = 16;
inline constexpr size_t kMaxAuditLine = 64 << 10;
inline constexpr size_t kBatchObjects = 256;  // as a rule: see Store::batch_objects
inline constexpr size_t kBatchBytes = 1 << 20;

// The versioned object store. One writer thread commits in groups; any number of threads read, each
// through its own views. Every acknowledged write is on disk. The directory is locked while the
// store is open. Views and watchers must be destroyed before the store.
class Store {
  public:
    static base::Result<std::unique_ptr<Store>> open(const StoreOptions& options);

    // Writes the data file anew, without its free pages, and so gives their room back. The store
    // must not be open: kUnavailable if it is; kNotFound if there is none; kStorageFull, for it
    // takes the room of the new file beside the old one. Returns the bytes before and after.
    static base::Result<std::pair<uint64_t, uint64_t>> shrink(const StoreOptions& options);
    virtual ~Store() = default;

    virtual ReadView read() const = 0;

    // Queues a write; `done` is called exactly once, also on shutdown (kUnavailable).
    virtual void write(Priority priority, WriteFunction function, WriteDone done) = 0;
    // Queues a write and waits for its result. Not from the writer thread.
    base::Result<void> write_and_wait(Priority priority, WriteFunction function);

    // After each commit that moved heads, `callback` is called on the writer thread with the
    // clusters whose heads moved. It must be short. Returns an id for unsubscribe, which waits
    // until no call is running.
    virtual uint64_t subscribe(std::function<void(const HeadsMoved&)> callback) = 0;
    virtual void unsubscribe(uint64_t id) = 0;

    // Begins a backup of the present state. kUnavailable if two others are under way: each keeps
    // the pages of its state, so the data file grows.
    virtual base::Result<std::unique_ptr<Backup>> back_up(
        const std::vector<BackupFile>& files) const = 0;

    // Has `listener` told of each damaged row that is read from now on, on the thread that reads
    // it. It must be short, and is told again whenever that is read again.
    virtual void tell_of_damage(std::function<void(const DamagedRow&)> listener) = 0;

    // Runs compaction and sweeps until no work is left for now, and sets back stored times that are
    // ahead. For tests: otherwise a thread of the store does it once a second, and nobody else has
    // to.
    virtual base::Result<void> compact() = 0;

    // Keeps compaction from removing rows that the states need, until the result is destroyed, but
    // for at most 30 minutes. For the stream of a whole list.
    virtual std::shared_ptr<void> hold_history(std::vector<HeldState> states) = 0;
    std::shared_ptr<void> hold_history(ClusterNumber cluster, Revision revision) {
        return hold_history(std::vector<HeldState>{{cluster, revision}});
    }

    virtual base::Millis history() const = 0;
    // The system's time, which jumps when somebody sets the clock. For what people and other
    // programs compare with their own clocks.
    virtual int64_t now_ms() const = 0;
    // The time by the clock of history, to compare with replaced_ms. It does not jump, and it may
    // be behind the system's time, as time does not count while the store is closed.
    virtual int64_t history_time_ms() const = 0;
    // kStoreIdBytes random bytes, made with the store.
    virtual const std::string& id() const = 0;

    // Whether this store is a copy of a truth that other servers write to, too (replica/). Its
    // revisions then mean nothing elsewhere; the resource versions of its clusters do.
    virtual bool replicates() const { return false; }
    // Of the truth: one for all of its replicas.
    virtual const std::string& truth_id() const { return id(); }
    // The store of this machine alone, for what is no part of the truth: the lines of its audit
    // trail, and the mirrors of connected clusters.
    virtual Store& local() { return *this; }
    // Calls `done` once reads of this store see every write that was acknowledged anywhere before
    // this call, with 0; or, where the truth is out of reach, with how old what they show is.
    // `done` is called exactly once, on any thread; it must be short.
    virtual void catch_up(const CaughtUp& done) const { done(base::Millis(0)); }
    // Whether reads show every write that was acknowledged more than a second ago, as far as that
    // is known without asking.
    virtual bool is_recent() const { return true; }
    // Whether it is this server that does what is done once for all servers of the truth. Another
    // may believe so, too, for a moment.
    virtual bool leads() const { return true; }
    // Whether reads are answered now, as far as that is known.
    virtual base::Result<void> follows() const { return {}; }
    // The most objects that one write may put and erase.
    virtual size_t batch_objects() const { return kBatchObjects; }
    virtual StoreStatistics statistics() const = 0;
    // Whether a write would succeed now, as far as that is known: why the last commit failed, until
    // one succeeds (which is tried once a second), or why the next one would. Any thread.
    virtual base::Result<void> writable() const = 0;

  protected:
    static ReadView make_view(engine::Environment& environment);
};

}  // namespace snapgate::store
