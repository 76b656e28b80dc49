#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "store/log_tail.h"
#include "store/store.h"

namespace snapgate::store {

// Feeds watchers who want the same changes in one form: those of one cluster (LogTail), or of many
// (MergedTail). Each change is encoded once and stays in a bounded ring for all of them. A watcher
// that has fallen behind the ring is served from the log; one that has fallen behind history gets
// kExpired. A Payload is an encoded change, which all watchers share; its size() is in bytes.
//
// Concurrency: all functions may be called from any thread. The encoder is called on the threads
// that poll; for watchers behind the ring, several may call it at once. The store outlives the
// tailer, and the tailer outlives its watchers.
template <class Payload, class Tail = LogTail>
class Tailer {
  public:
    using Position = typename Tail::Position;
    using Change = typename Tail::Change;
    struct Event {
        Position position{};
        Payload payload;
    };
    // nullopt for a change that these watchers do not want.
    using Encoder = std::function<base::Result<std::optional<Payload>>(const Change&)>;

    struct Limits {
        size_t events = 4096;
        size_t bytes = 16 << 20;
    };
    struct Batch {
        std::vector<std::shared_ptr<const Event>> events;  // in order
        Position up_to{};    // there are no other changes up to here; the next poll begins after it
        bool whole = false;  // there were no later changes; false also if that is not known
    };

    // `wake`, if given, is called on the writer thread after each commit that may have brought
    // changes, until the destructor returns; it must be short.
    //
    // `of`: what the tail follows, as its constructor takes it.
    template <class Of>
    Tailer(Store& store, Of&& of, Encoder encoder, Limits ring, std::function<void()> wake = {})
        : encoder_(std::move(encoder)),
          limits_(ring),
          tail_(store, std::forward<Of>(of), std::move(wake)) {}

    // The changes after `after`, which is a place not above the head, or an earlier `up_to`. At
    // most `most.events` and at most kTailStep changes, and at most `most.bytes`, unless a single
    // change is larger. kExpired if the log no longer has these changes, kNotFound if the cluster
    // is gone.
    base::Result<Batch> poll(Position after, const Limits& most) {
        SNAPGATE_TRY(fill(after));
        Batch batch;
        if (take_from_ring(after, most, batch)) return batch;
        return read_log(after, most);
    }

    Tail& tail() { return tail_; }

  private:
    // Whether one more event fits the limits. A single event may be larger.
    static bool fits(const Batch& batch, size_t bytes, size_t more, const Limits& most) {
        return batch.events.empty() ||
               (batch.events.size() < most.events && bytes + more <= most.bytes);
    }

    base::Result<void> fill(Position wanted) SNAPGATE_EXCLUDES(fill_mutex_, ring_mutex_) {
        const base::MutexLock lock(fill_mutex_);
        while (tail_.take_stale()) {
            auto more = fill_step(wanted);
            if (!more || *more) tail_.set_stale();
            if (!more) return std::move(more).error();
        }
        return {};
    }

    // Takes one step of the log into the ring; true while the ring is behind the head.
    base::Result<bool> fill_step(Position wanted) SNAPGATE_REQUIRES(fill_mutex_)
        SNAPGATE_EXCLUDES(ring_mutex_) {
        Position to{};
        {
            const base::MutexLock lock(ring_mutex_);
            to = to_;
        }
        SNAPGATE_ASSIGN(const Position head, tail_.head());
        // The first poll: the ring begins where this watcher wants it, unless that is far back.
        // Then the watcher reads the log instead, so that others need not wait until the ring is
        // filled.
        if (to == Position{} && wanted < head && Tail::distance(wanted, head) <= limits_.events)
            to = wanted;
        Batch batch;
        bool gap = to == Position{};
        if (!gap) {
            auto read = read_log(to, {kTailStep, limits_.bytes});
            gap = !read && read.error().code == base::Code::kExpired;
            if (!read && !gap) return std::move(read).error();
            if (read) batch = std::move(*read);
        }
        const base::MutexLock lock(ring_mutex_);
        if (gap) {
            ring_.clear();
            ring_bytes_ = 0;
            from_ = to_ = head;
            return false;
        }
        if (to_ == Position{}) from_ = to;
        for (auto& event : batch.events) {
            ring_bytes_ += event->payload.size();
            ring_.push_back(std::move(event));
        }
        to_ = batch.up_to;
        while (!ring_.empty() && (ring_.size() > limits_.events || ring_bytes_ > limits_.bytes)) {
            ring_bytes_ -= ring_.front()->payload.size();
            from_ = ring_.front()->position;
            ring_.pop_front();
        }
        return to_ < head;
    }

    bool take_from_ring(Position after, const Limits& most, Batch& batch)
        SNAPGATE_EXCLUDES(ring_mutex_) {
        const base::MutexLock lock(ring_mutex_);
        if (after < from_) return false;
        auto next =
            std::upper_bound(ring_.begin(), ring_.end(), after,
                             [](const Position& place, const std::shared_ptr<const Event>& event) {
                                 return place < event->position;
                             });
        size_t bytes = 0;
        while (next != ring_.end() && batch.events.size() < kTailStep &&
               fits(batch, bytes, (*next)->payload.size(), most)) {
            bytes += (*next)->payload.size();
            batch.events.push_back(*next++);
        }
        batch.whole = next == ring_.end();
        batch.up_to = batch.whole ? std::max(after, to_) : batch.events.back()->position;
        return true;
    }

    base::Result<Batch> read_log(Position after, const Limits& most) {
        Batch batch;
        size_t bytes = 0;
        SNAPGATE_ASSIGN(batch.up_to,
                        tail_.read(after, [&](const Change& change) -> base::Result<bool> {
                            if (batch.events.size() >= most.events) return false;
                            SNAPGATE_ASSIGN(std::optional<Payload> payload, encoder_(change));
                            if (!payload) return true;
                            if (!fits(batch, bytes, payload->size(), most)) return false;
                            bytes += payload->size();
                            batch.events.push_back(std::make_shared<const Event>(
                                Event{Tail::position_of(change), std::move(*payload)}));
                            return true;
                        }));
        return batch;
    }

    const Encoder encoder_;
    const Limits limits_;
    Tail tail_;

    // Its holder brings the ring up to date, so that each change is encoded once. Taken before
    // ring_mutex_.
    base::Mutex fill_mutex_;

    base::Mutex ring_mutex_;
    // Every change in (from_, to_].
    std::deque<std::shared_ptr<const Event>> ring_ SNAPGATE_GUARDED_BY(ring_mutex_);
    size_t ring_bytes_ SNAPGATE_GUARDED_BY(ring_mutex_) = 0;
    Position from_ SNAPGATE_GUARDED_BY(ring_mutex_){};
    Position to_ SNAPGATE_GUARDED_BY(ring_mutex_){};
};

}  // namespace snapgate::store
