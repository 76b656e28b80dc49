#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "net/server/wake_group.h"
#include "store/store.h"

// How many connections follow the same changes: a change is encoded once for all of them, there is
// one wake for each thread, and those who stand at the same place share the bytes that they are
// sent. The watches of the Kubernetes side and the event streams of the other side both work on it.
namespace snapgate::api {

// What one reader is sent in one piece, if there is that much.
inline constexpr size_t kFeedBatchEvents = 128;
inline constexpr size_t kFeedBatchBytes = 256 << 10;

// Bytes in memory that several readers of one thread hold together. Each counts for a part of them,
// the n-th for the n-th part: counted in full, a crowd that shares one batch would seem to hold
// gigabytes; and where there are few they are counted about as they are.
class SharedBytes {
  public:
    explicit SharedBytes(size_t bytes) : bytes_(bytes) {}

    // What the next reader counts for.
    size_t next_part() { return bytes_ / ++readers_; }

  private:
    size_t bytes_;
    size_t readers_ = 0;
};

template <class Tailer, class Batch>
class Feed;

// A feed's readers on one thread: they are woken together, and those at the same place share a
// batch. On that thread only, kept by its readers.
template <class Tailer, class Batch>
class FeedOutlet {
  public:
    using Position = typename Tailer::Position;

    FeedOutlet(std::shared_ptr<Feed<Tailer, Batch>> feed, const net::Executor& executor)
        : feed_(std::move(feed)),
          group_(std::make_shared<net::WakeGroup>(executor, feed_->gathers())) {}
    ~FeedOutlet() { feed_->forget(group_); }
    FeedOutlet(const FeedOutlet&) = delete;
    FeedOutlet& operator=(const FeedOutlet&) = delete;

    const std::shared_ptr<net::WakeGroup>& group() const { return group_; }
    // The changes after `after`, as the tailer's poll.
    base::Result<std::shared_ptr<Batch>> next(Position after) {
        if (pass_ != group_->passes()) {
            pass_ = group_->passes();
            places_ = {};
        }
        for (const Place& place : places_) {
            if (place.batch && place.after == after) return place.batch;
        }
        SNAPGATE_ASSIGN(auto batch, feed_->poll(after));
        places_[next_place_++ % places_.size()] = {after, batch};
        return batch;
    }

  private:
    struct Place {
        Position after{};
        std::shared_ptr<Batch> batch;
    };

    std::shared_ptr<Feed<Tailer, Batch>> feed_;
    std::shared_ptr<net::WakeGroup> group_;
    // Of the present pass of wakes: what comes later makes another pass.
    std::array<Place, 4> places_;
    size_t next_place_ = 0;
    uint64_t pass_ = 0;
};

// Everything that the readers of the same changes in the same form share. Any thread; goes with its
// last outlet. A Batch is made of what the tailer's poll returns.
template <class Tailer, class Batch>
class Feed : public std::enable_shared_from_this<Feed<Tailer, Batch>> {
  public:
    using Outlet = FeedOutlet<Tailer, Batch>;
    using Wake = std::function<void()>;
    using MakeTailer = std::function<std::unique_ptr<Tailer>(Wake)>;
    using MakeBatch = std::function<std::shared_ptr<Batch>(typename Tailer::Batch)>;

    // `gathers`: for how long wakes gather before they make another pass (wake_group.h).
    Feed(const MakeTailer& tailer, MakeBatch batch, std::chrono::milliseconds gathers)
        : gathers_(gathers), make_batch_(std::move(batch)), tailer_(tailer([this] { wake(); })) {}
    ~Feed() { close(); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    // The outlet of the thread that calls, which is the executor's.
    std::shared_ptr<Outlet> outlet(const net::Executor& executor) {
        const base::MutexLock lock(mutex_);
        Thread& thread = threads_[&executor.context()];
        std::shared_ptr<Outlet> outlet = thread.outlet.lock();
        if (!outlet) {
            outlet = std::make_shared<Outlet>(this->shared_from_this(), executor);
            thread.outlet = outlet;
            thread.group = outlet->group();
        }
        return outlet;
    }
    base::Result<std::shared_ptr<Batch>> poll(typename Tailer::Position after) {
        SNAPGATE_ASSIGN(typename Tailer::Batch polled,
                        tailer_->poll(after, {kFeedBatchEvents, kFeedBatchBytes}));
        return make_batch_(std::move(polled));
    }
    Tailer& tailer() { return *tailer_; }
    // Wakes all readers, as a change does. Any thread.
    void wake_readers() { wake(); }
    std::chrono::milliseconds gathers() const { return gathers_; }
    // Lets go of the store, when nobody polls any more.
    void close() { tailer_.reset(); }

  private:
    friend Outlet;
    using Group = std::shared_ptr<net::WakeGroup>;
    struct Thread {
        std::weak_ptr<Outlet> outlet;
        // Not the outlet itself: the writer thread must not be the one to end it.
        Group group;
    };

    void wake() {
        const base::MutexLock lock(mutex_);
        for (const auto& [context, thread] : threads_) thread.group->wake();
    }
    void forget(const Group& group) {
        const base::MutexLock lock(mutex_);
        const auto thread = threads_.find(&group->executor().context());
        // Not if it has been followed by another.
        if (thread != threads_.end() && thread->second.group == group) threads_.erase(thread);
    }

    const std::chrono::milliseconds gathers_;
    const MakeBatch make_batch_;
    base::Mutex mutex_;
    std::map<void*, Thread> threads_ SNAPGATE_GUARDED_BY(mutex_);  // by their io_context
    std::unique_ptr<Tailer> tailer_;
};

// Where the readers of the same changes find one another. Any thread. close() once no request runs
// any more, while the store is still there; readers that were dropped with their server may be
// destroyed after it.
template <class Key, class FeedOfKey>
class FeedHub {
  public:
    FeedHub() = default;
    ~FeedHub() { close(); }
    FeedHub(const FeedHub&) = delete;
    FeedHub& operator=(const FeedHub&) = delete;

    // The feed of that key; `make` makes it if there is none.
    std::shared_ptr<FeedOfKey> join(const Key& key,
                                    const std::function<std::shared_ptr<FeedOfKey>()>& make) {
        const base::MutexLock lock(mutex_);
        std::weak_ptr<FeedOfKey>& known = feeds_[key];
        std::shared_ptr<FeedOfKey> feed = known.lock();
        if (feed) return feed;
        feed = make();
        known = feed;
        std::erase_if(feeds_, [](const auto& one) { return one.second.expired(); });
        return feed;
    }
    std::vector<std::shared_ptr<FeedOfKey>> open() {
        std::vector<std::shared_ptr<FeedOfKey>> open;
        const base::MutexLock lock(mutex_);
        for (const auto& [key, weak] : feeds_) {
            if (auto feed = weak.lock()) open.push_back(std::move(feed));
        }
        return open;
    }
    void close() {
        const auto left = open();
        {
            const base::MutexLock lock(mutex_);
            feeds_.clear();
        }
        for (const auto& feed : left) feed->close();
    }

  private:
    base::Mutex mutex_;
    std::map<Key, std::weak_ptr<FeedOfKey>> feeds_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::api
