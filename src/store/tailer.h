#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// A change of a cluster as a tailer's encoder made it; shared by all who watch.
struct TailEvent {
    Revision revision = 0;
    Kind kind = Kind::kSnapshot;
    LogEntry::Op op = LogEntry::Op::kCreated;
    std::string bytes;
};

// What an encoder gets: views, good during the call. A created object has no previous state, a
// deleted one none but that.
struct TailChange {
    const LogEntry& entry;
    const Found* object;
    const Found* previous;
};

// Feeds the watchers of one cluster in one form. Each change is encoded once and kept in a bounded
// ring; a watcher that fell behind the ring is served from the log, one that fell behind history
// gets kExpired.
//
// Concurrency: all functions from any thread; the encoder is called on the threads that poll, for
// watchers behind the ring by several at once. The store outlives the tailer, the tailer its
// watchers.
class Tailer {
  public:
    using Encoder = std::function<base::Result<std::string>(const TailChange&)>;

    struct Limits {
        size_t events = 4096;
        size_t bytes = 16 << 20;
    };
    struct Batch {
        std::vector<std::shared_ptr<const TailEvent>> events;  // by revision
        Revision up_to = 0;  // nothing else happened up to here: the next poll is after it
    };

    Tailer(Store& store, ClusterNumber cluster, Encoder encoder, Limits limits);
    ~Tailer();
    Tailer(const Tailer&) = delete;
    Tailer& operator=(const Tailer&) = delete;

    // Changes after revision `after`, which must be a head of the cluster or an earlier `up_to`; at
    // most `max` and at most 256 of them. kExpired if they are no longer kept, kNotFound if the
    // cluster is gone.
    base::Result<Batch> poll(Revision after, size_t max);

    // `wake` is called on the writer thread after each commit that there is something to poll for;
    // it must be short. unlisten returns when no call is running.
    uint64_t listen(std::function<void()> wake);
    void unlisten(uint64_t id);

  private:
    void moved(const std::vector<ClusterNumber>& clusters);
    base::Result<void> fill() SNAPGATE_EXCLUDES(fill_mutex_, ring_mutex_);
    base::Result<bool> fill_step() SNAPGATE_REQUIRES(fill_mutex_) SNAPGATE_EXCLUDES(ring_mutex_);
    bool take_from_ring(Revision after, size_t max, Batch& batch) SNAPGATE_EXCLUDES(ring_mutex_);
    base::Result<Batch> read_log(const ReadView& view, Revision after, Revision head,
                                 size_t max) const;

    Store& store_;
    const ClusterNumber cluster_;
    const Encoder encoder_;
    const Limits limits_;
    uint64_t subscription_ = 0;

    // Who holds it brings the ring up to date, so that everything is encoded once. Before
    // ring_mutex_.
    base::Mutex fill_mutex_;
    std::atomic<bool> stale_ = true;  // something happened since the ring was last filled

    base::Mutex ring_mutex_;
    // Every change with a revision in (from_, to_].
    std::deque<std::shared_ptr<const TailEvent>> ring_ SNAPGATE_GUARDED_BY(ring_mutex_);
    size_t ring_bytes_ SNAPGATE_GUARDED_BY(ring_mutex_) = 0;
    Revision from_ SNAPGATE_GUARDED_BY(ring_mutex_) = 0;
    Revision to_ SNAPGATE_GUARDED_BY(ring_mutex_) = 0;

    base::Mutex listeners_mutex_;
    std::map<uint64_t, std::function<void()>> listeners_ SNAPGATE_GUARDED_BY(listeners_mutex_);
    uint64_t next_listener_ SNAPGATE_GUARDED_BY(listeners_mutex_) = 1;
};

}  // namespace snapgate::store
