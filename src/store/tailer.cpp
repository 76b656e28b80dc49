#include "store/tailer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

// How much is read in one view.
constexpr size_t kBatch = 256;

base::Result<Revision> head_of(const ReadView& view, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(auto head, view.head(cluster));
    if (!head) return Error(Code::kNotFound, fmt::format("the store has no cluster {}", cluster));
    return head->revision;
}

}  // namespace

Tailer::Tailer(Store& store, ClusterNumber cluster, Encoder encoder, Limits limits)
    : store_(store), cluster_(cluster), encoder_(std::move(encoder)), limits_(limits) {
    subscription_ =
        store_.subscribe([this](const std::vector<ClusterNumber>& clusters) { moved(clusters); });
}

Tailer::~Tailer() {
    store_.unsubscribe(subscription_);
}

void Tailer::moved(const std::vector<ClusterNumber>& clusters) {
    if (std::find(clusters.begin(), clusters.end(), cluster_) == clusters.end()) return;
    stale_.store(true, std::memory_order_release);
    base::MutexLock lock(listeners_mutex_);
    for (const auto& [id, wake] : listeners_) wake();
}

uint64_t Tailer::listen(std::function<void()> wake) {
    base::MutexLock lock(listeners_mutex_);
    listeners_.emplace(next_listener_, std::move(wake));
    return next_listener_++;
}

void Tailer::unlisten(uint64_t id) {
    base::MutexLock lock(listeners_mutex_);
    listeners_.erase(id);
}

base::Result<Tailer::Batch> Tailer::poll(Revision after, size_t max) {
    max = std::clamp<size_t>(max, 1, kBatch);
    SNAPGATE_TRY(fill());
    Batch batch;
    if (take_from_ring(after, max, batch)) return batch;
    ReadView view = store_.read();
    SNAPGATE_ASSIGN(Revision head, head_of(view, cluster_));
    return read_log(view, after, head, max);
}

bool Tailer::take_from_ring(Revision after, size_t max, Batch& batch) {
    base::MutexLock lock(ring_mutex_);
    if (after < from_) return false;
    auto next =
        std::upper_bound(ring_.begin(), ring_.end(), after,
                         [](Revision revision, const std::shared_ptr<const TailEvent>& event) {
                             return revision < event->revision;
                         });
    for (; next != ring_.end() && batch.events.size() < max; ++next) batch.events.push_back(*next);
    batch.up_to = next == ring_.end() ? std::max(after, to_) : batch.events.back()->revision;
    return true;
}

base::Result<void> Tailer::fill() {
    base::MutexLock lock(fill_mutex_);
    while (stale_.load(std::memory_order_acquire)) {
        stale_.store(false, std::memory_order_release);
        auto more = fill_step();
        if (!more || *more) stale_.store(true, std::memory_order_release);
        if (!more) return std::move(more).error();
    }
    return {};
}

// Takes one batch of the log into the ring; true while the ring is behind the head.
base::Result<bool> Tailer::fill_step() {
    Revision to = 0;
    {
        base::MutexLock lock(ring_mutex_);
        to = to_;
    }
    ReadView view = store_.read();
    SNAPGATE_ASSIGN(Revision head, head_of(view, cluster_));
    Batch batch;
    bool gap = to == 0;  // nobody asked before: the ring begins at the head
    if (!gap) {
        auto read = read_log(view, to, head, kBatch);
        gap = !read && read.error().code == Code::kExpired;
        if (!read && !gap) return std::move(read).error();
        if (read) batch = std::move(*read);
    }
    base::MutexLock lock(ring_mutex_);
    if (gap) {
        ring_.clear();
        ring_bytes_ = 0;
        from_ = to_ = head;
        return false;
    }
    for (auto& event : batch.events) {
        ring_bytes_ += event->bytes.size();
        ring_.push_back(std::move(event));
    }
    to_ = batch.up_to;
    while (!ring_.empty() && (ring_.size() > limits_.events || ring_bytes_ > limits_.bytes)) {
        ring_bytes_ -= ring_.front()->bytes.size();
        from_ = ring_.front()->revision;
        ring_.pop_front();
    }
    return to_ < head;
}

base::Result<Tailer::Batch> Tailer::read_log(const ReadView& view, Revision after, Revision head,
                                             size_t max) const {
    SNAPGATE_ASSIGN(std::vector<LogEntry> entries, view.log(cluster_, after, head, max));
    Batch batch;
    batch.up_to = entries.size() == max ? entries.back().revision : std::max(after, head);
    for (const LogEntry& entry : entries) {
        std::optional<Found> object;
        std::optional<Found> previous;
        const auto& [ns, name] = entry.key;
        if (entry.op != LogEntry::Op::kDeleted) {
            SNAPGATE_ASSIGN(object, view.get(cluster_, entry.kind, ns, name, entry.revision));
            if (!object) return corrupt_row("an object that the log names");
        }
        if (entry.op != LogEntry::Op::kCreated) {
            SNAPGATE_ASSIGN(previous, view.get(cluster_, entry.kind, ns, name, entry.previous));
            if (!previous) return corrupt_row("the earlier state of an object that the log names");
        }
        SNAPGATE_ASSIGN(std::string bytes, encoder_({entry, object ? &*object : nullptr,
                                                     previous ? &*previous : nullptr}));
        batch.events.push_back(std::make_shared<TailEvent>(
            TailEvent{entry.revision, entry.kind, entry.op, std::move(bytes)}));
    }
    return batch;
}

}  // namespace snapgate::store
