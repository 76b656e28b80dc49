#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/object.h"
#include "model/types.h"

namespace snapgate::engine {
class Environment;
}

namespace snapgate::store {

using model::ClusterNumber;
using model::Kind;
using model::Revision;

// What is visible of a cluster: lists begin here.
struct Head {
    Revision revision = 0;
    std::string
        version;  // the list's resource version; the revision in decimal on a hosted cluster
    int64_t since_ms = 0;  // when this revision became the head
    bool decimal = true;   // no list version was ever set: a hosted cluster, or a fresh mirror
};

// Types of record: small values of the registry (projects, clusters, keys) that are kept beside the
// objects, in the same transactions. Stored on disk: numbers never change meaning.
enum class RecordType : uint8_t {
    kProject = 1,
    kCluster = 2,
    kKey = 3,
    kMirror = 4,  // of a cluster number in decimal: what is kept of its mirror's status, as JSON
};

class Store;
struct ReadState;
struct ScanState;

// One row of a cluster's log: what a revision changed.
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

// A read transaction: one consistent state of the whole store. Views it hands out are good until it
// goes. Never keep one across a co_await or beyond one page (an old reader keeps old pages alive
// and the file grows); make it, read, copy out, let it go. Used by the thread that made it; cheap
// (about a microsecond).
class ReadView {
  public:
    ~ReadView();
    ReadView(ReadView&&) noexcept;
    ReadView& operator=(ReadView&&) = delete;

    // The head of a cluster; nullopt if there is no such cluster.
    base::Result<std::optional<Head>> head(ClusterNumber cluster) const;
    // When a newer head took the place of the state at `revision`, by the store's clock; nullopt
    // while that state is the newest. The revision need not be a head: several changes share a
    // commit, and each of their revisions stands for the state right after it (scan and get read
    // it, log goes on from it). kFutureVersion above the head; kExpired if versions that the state
    // needs may be compacted, or if there was no such cluster then.
    base::Result<std::optional<int64_t>> replaced_ms(ClusterNumber cluster,
                                                     Revision revision) const;
    // The first head of the cluster at which resource version `version` was its list's; nullopt if
    // that is not known, or not any more.
    base::Result<std::optional<Revision>> revision_of(ClusterNumber cluster,
                                                      std::string_view version) const;
    // From which revision on the changes are what a client lacks that was told this version. That
    // is its revision; or, where a mirror's versions were forgotten and this one was told before
    // and since, an earlier one, from which on nothing is lacking whichever of the states the
    // client has.
    base::Result<std::optional<Revision>> goes_on_from(ClusterNumber cluster,
                                                       std::string_view version) const;
    // The list version of the state at `revision`, which is not above the head: the revision in
    // decimal on a hosted cluster; on a mirror that of the newest head at or before it, which is
    // what may be claimed as seen (lists, bookmarks). kExpired as replaced_ms.
    base::Result<std::string> version_at(ClusterNumber cluster, Revision revision) const;
    // The same of the first head at or after it: under which a change of that revision became
    // visible (a deletion, what a stage held).
    base::Result<std::string> visible_version(ClusterNumber cluster, Revision revision) const;

    // Objects at the head, in all or in one namespace.
    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) const;
    base::Result<uint64_t> count(ClusterNumber cluster, Kind kind, std::string_view ns) const;

    // The object as it was at revision `at`; nullopt if there was none.
    base::Result<std::optional<Found>> get(ClusterNumber cluster, Kind kind, std::string_view ns,
                                           std::string_view name, Revision at) const;
    // The object as it is at the cluster's head; nullopt if there is none, or no such cluster.
    base::Result<std::optional<Found>> newest(ClusterNumber cluster, Kind kind, std::string_view ns,
                                              std::string_view name) const;

    // Walks the objects of a cluster and kind as they were at a revision, by namespace, then name.
    class Scan {
      public:
        ~Scan();
        Scan(Scan&&) noexcept;
        // Moves to the first object at or after (ns, name). A name of "" is the namespace's first.
        // False when there is none. Gives up with `exhausted()` once `budget` rows were looked at
        // since the scan was made: then `resume_key()` says where to seek in a later view.
        base::Result<bool> seek(std::string_view ns, std::string_view name);
        base::Result<bool> next();
        const Found& found() const;  // after seek or next said true
        bool exhausted() const;
        model::ObjectKey resume_key() const;

      private:
        friend class ReadView;
        explicit Scan(std::unique_ptr<ScanState> state);
        std::unique_ptr<ScanState> state_;
    };
    Scan scan(ClusterNumber cluster, Kind kind, Revision at, size_t budget = SIZE_MAX) const;

    // Walks one VM's snapshots as they were at a revision, in the same order and with the same
    // rules, by the index: its cost does not grow with the other objects. Every hit is checked
    // against the object at `at`.
    Scan scan_vm(ClusterNumber cluster, std::string_view vm, Revision at,
                 size_t budget = SIZE_MAX) const;

    // Rows of the log with revisions in (after, up_to], at most `max`, oldest first. kExpired if
    // rows after `after` may be compacted.
    base::Result<std::vector<LogEntry>> log(ClusterNumber cluster, Revision after, Revision up_to,
                                            size_t max) const;

    base::Result<std::optional<std::string>> record(RecordType type, std::string_view id) const;
    base::Result<std::vector<std::pair<std::string, std::string>>> records(RecordType type) const;

  private:
    friend class Store;
    explicit ReadView(std::unique_ptr<ReadState> state);
    std::unique_ptr<ReadState> state_;
};

// Writes of one group commit, in order; sees its own writes. A write function gets one, on the
// writer thread. If the function fails after having written, the whole group is rolled back and run
// again without it: so it may run more than once and must touch nothing but the transaction and
// what it alone owns (and must reset that at its start).
class WriteTxn {
  public:
    virtual ~WriteTxn() = default;

    // Clusters. A new one gets a number that was never used, and a head with no objects.
    virtual base::Result<ClusterNumber> create_cluster() = 0;
    // Hides it at once; its rows are swept in small steps afterwards.
    virtual base::Result<void> delete_cluster(ClusterNumber cluster) = 0;

    // Objects, at the newest state (in a stage: the newest staged one). What is found is good until
    // the function ends.
    virtual base::Result<std::optional<Found>> get(ClusterNumber cluster, Kind kind,
                                                   std::string_view ns, std::string_view name) = 0;
    // Stores a version under a new revision and returns it. Without `version` the object's resource
    // version is that revision in decimal.
    virtual base::Result<Revision> put(ClusterNumber cluster, Kind kind,
                                       const model::PreparedObject& object,
                                       std::optional<std::string_view> version = {}) = 0;
    // False if there is no such object.
    virtual base::Result<bool> erase(ClusterNumber cluster, Kind kind, std::string_view ns,
                                     std::string_view name) = 0;
    // A mirror's list version, from the last change on: that one's revision becomes a head which
    // can be asked for by this version, as the ones before in this commit can by theirs. Without a
    // change since the last head it takes a new revision; the version that the head has already
    // changes nothing. kConflict while a stage is open.
    virtual base::Result<void> set_list_version(ClusterNumber cluster,
                                                std::string_view version) = 0;

    // Stages: changes of a cluster that nobody sees until they are published together, written over
    // many commits. While one is open every put and erase of that cluster belongs to it. Opening
    // one gives up one that is open. A stage that was given up (also by a crash) is removed before
    // the cluster's head moves again.
    virtual base::Result<void> open_stage(ClusterNumber cluster) = 0;
    virtual base::Result<void> publish_stage(ClusterNumber cluster,
                                             std::string_view list_version) = 0;
    virtual base::Result<void> give_up_stage(ClusterNumber cluster) = 0;

    // The list versions of a mirror before its head name nothing any more: its cluster was restored
    // and may tell them again for other states. Their revisions can still be read.
    virtual base::Result<void> forget_list_versions(ClusterNumber cluster) = 0;

    // Objects at the newest state, without what an open stage changed.
    virtual base::Result<uint64_t> count(ClusterNumber cluster, Kind kind) = 0;
    // Whether this transaction's cluster is there (created and not deleted).
    virtual base::Result<bool> has_cluster(ClusterNumber cluster) = 0;

    virtual base::Result<std::optional<std::string>> record(RecordType type,
                                                            std::string_view id) = 0;
    // All records of a type, by id (registry writes check names and emptiness against these).
    virtual base::Result<std::vector<std::pair<std::string, std::string>>> records(
        RecordType type) = 0;
    virtual base::Result<void> put_record(RecordType type, std::string_view id,
                                          std::string_view value) = 0;
    virtual base::Result<void> erase_record(RecordType type, std::string_view id) = 0;
};

using WriteFunction = std::function<base::Result<void>(WriteTxn&)>;
// Runs on the writer thread once the commit is on disk (or the write failed); must be short.
using WriteDone = std::function<void(base::Result<void>)>;

enum class Priority {
    kRequest,  // an API write: goes first
    kBatch,    // a step of an import, relist or sweep: at most 256 objects or 1 MiB
};

struct StoreOptions {
    std::filesystem::path directory;  // made if it is not there
    base::Millis history{300'000};    // how long a revision that is no longer a head can be read
    const base::Clock* clock = &base::system_clock();  // outlives the store
    uint64_t map_bytes = 256ULL << 30;  // address space reserved; the file grows only as it is used
    size_t max_readers = 1024;
    bool create = true;  // false: kNotFound where there is no store, or one with nothing in it
    bool background_compaction = true;  // tests call compact() themselves
};

struct StoreStatistics {
    uint64_t commits = 0;
    uint64_t writes = 0;
    uint64_t file_bytes = 0;  // in use in the data file
    uint64_t map_bytes = 0;
    Revision revision = 0;  // the newest given out
};

inline constexpr size_t kBatchObjects = 256;
inline constexpr size_t kBatchBytes = 1 << 20;

// The versioned object store. One writer thread commits in groups; any number of threads read, each
// through views of its own. Everything acknowledged is on disk. The directory is locked while the
// store is open. Views and watchers must be gone before the store is.
class Store {
  public:
    static base::Result<std::unique_ptr<Store>> open(const StoreOptions& options);
    virtual ~Store() = default;

    virtual ReadView read() const = 0;

    // Queues a write; `done` is called exactly once, also on shutdown (kUnavailable).
    virtual void write(Priority priority, WriteFunction function, WriteDone done) = 0;
    // The same, and waits. Not from the writer thread.
    base::Result<void> write_and_wait(Priority priority, WriteFunction function);

    // Called on the writer thread after each commit that moved heads, with the clusters whose heads
    // moved. Must be short. Returns an id for unsubscribe, which returns when no call is running.
    virtual uint64_t subscribe(std::function<void(const std::vector<ClusterNumber>&)> callback) = 0;
    virtual void unsubscribe(uint64_t id) = 0;

    // Runs compaction and sweeps until there is nothing left to do now (for tests; a thread of the
    // store does it once a second otherwise).
    virtual base::Result<void> compact() = 0;

    // Holds back compaction of what the cluster's present head needs, until released or for at most
    // 30 minutes: for a stream of a whole list.
    virtual std::shared_ptr<void> hold_history(ClusterNumber cluster, Revision revision) = 0;

    virtual base::Millis history() const = 0;
    virtual int64_t now_ms() const = 0;  // the store's clock; never goes back between two calls
    virtual const std::string& id() const = 0;  // 16 random bytes, made with the store
    virtual StoreStatistics statistics() const = 0;

  protected:
    static ReadView make_view(engine::Environment& environment);
};

}  // namespace snapgate::store
