#include "api/kube/watch_hub.h"

#include <utility>

namespace snapgate::api::kube {

using base::Result;

namespace {

// What a watcher is sent in one piece, if there is that much.
constexpr size_t kBatchEvents = 128;
constexpr size_t kBatchBytes = 256 << 10;

}  // namespace

WatchOutlet::WatchOutlet(std::shared_ptr<WatchFeed> feed, const net::Executor& executor)
    : feed_(std::move(feed)), group_(std::make_shared<net::WakeGroup>(executor)) {}

WatchOutlet::~WatchOutlet() {
    feed_->forget(group_);
}

Result<std::shared_ptr<const WatchBatch>> WatchOutlet::next(model::Revision after) {
    if (pass_ != group_->passes()) {
        pass_ = group_->passes();
        places_ = {};
    }
    for (const Place& place : places_) {
        if (place.batch && place.after == after) return place.batch;
    }
    SNAPGATE_ASSIGN(EventTailer::Batch polled, feed_->poll(after));
    auto batch = std::make_shared<WatchBatch>();
    batch->events = std::move(polled.events);
    batch->up_to = polled.up_to;
    batch->whole = polled.whole;
    batch->texts.reserve(batch->events.size());
    for (const auto& event : batch->events) batch->texts.emplace_back(event->payload.text);
    places_[next_place_++ % places_.size()] = {after, batch};
    return batch;
}

WatchFeed::WatchFeed(store::Store& store, model::ClusterNumber cluster, const Form& form)
    : tailer_(std::make_unique<EventTailer>(
          store, cluster,
          [form, &store, cluster](const store::TailChange& change) {
              return encode_change(form, change, cluster, store.now_ms());
          },
          EventTailer::Limits{}, [this] { wake(); })) {}

WatchFeed::~WatchFeed() {
    close();
}

void WatchFeed::close() {
    tailer_.reset();
}

Result<EventTailer::Batch> WatchFeed::poll(model::Revision after) {
    return tailer_->poll(after, {.events = kBatchEvents, .bytes = kBatchBytes});
}

void WatchFeed::wake() {
    const base::MutexLock lock(mutex_);
    for (const auto& [context, thread] : threads_) thread.group->wake();
}

std::shared_ptr<WatchOutlet> WatchFeed::outlet(const net::Executor& executor) {
    const base::MutexLock lock(mutex_);
    Thread& thread = threads_[&executor.context()];
    std::shared_ptr<WatchOutlet> outlet = thread.outlet.lock();
    if (!outlet) {
        outlet = std::make_shared<WatchOutlet>(shared_from_this(), executor);
        thread.outlet = outlet;
        thread.group = outlet->group();
    }
    return outlet;
}

void WatchFeed::forget(const Group& group) {
    const base::MutexLock lock(mutex_);
    const auto thread = threads_.find(&group->executor().context());
    // Not if it has been followed by another.
    if (thread != threads_.end() && thread->second.group == group) threads_.erase(thread);
}

std::shared_ptr<WatchFeed> WatchHub::join(model::ClusterNumber cluster, const Form& form) {
    const base::MutexLock lock(mutex_);
    std::weak_ptr<WatchFeed>& known = feeds_[{cluster, form}];
    std::shared_ptr<WatchFeed> feed = known.lock();
    if (feed) return feed;
    feed = std::make_shared<WatchFeed>(store_, cluster, form);
    known = feed;
    std::erase_if(feeds_, [](const auto& one) { return one.second.expired(); });
    return feed;
}

void WatchHub::close() {
    std::vector<std::shared_ptr<WatchFeed>> open;
    {
        const base::MutexLock lock(mutex_);
        for (const auto& [key, feed] : feeds_) open.push_back(feed.lock());
        feeds_.clear();
    }
    for (const auto& feed : open) {
        if (feed) feed->close();
    }
}

}  // namespace snapgate::api::kube
