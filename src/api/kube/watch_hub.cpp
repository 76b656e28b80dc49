#include "api/kube/watch_hub.h"

#include <utility>

namespace snapgate::api::kube {

namespace {

std::shared_ptr<const WatchBatch> make_batch(EventTailer::Batch polled) {
    auto batch = std::make_shared<WatchBatch>();
    batch->events = std::move(polled.events);
    batch->up_to = polled.up_to;
    batch->whole = polled.whole;
    batch->texts.reserve(batch->events.size());
    size_t bytes = 0;
    for (const auto& event : batch->events) {
        batch->texts.emplace_back(event->payload.text);
        bytes += event->payload.size();
    }
    batch->bytes = SharedBytes(bytes);
    return batch;
}

}  // namespace

void WatchHub::keys_ended() {
    ended_keys_.fetch_add(1, std::memory_order_acq_rel);
    for (const auto& feed : feeds_.open()) feed->wake_readers();
}

std::shared_ptr<WatchFeed> WatchHub::join(model::ClusterNumber cluster, const Form& form) {
    const auto make_tailer = [&](WatchFeed::Wake wake) {
        store::Store& store = store_;
        return std::make_unique<EventTailer>(
            store, cluster,
            [form, &store](const store::TailChange& change) {
                return encode_change(form, change, store.now_ms());
            },
            EventTailer::Limits{}, std::move(wake));
    };
    return feeds_.join({cluster, form}, [&] {
        return std::make_shared<WatchFeed>(make_tailer, make_batch, std::chrono::milliseconds(0));
    });
}

}  // namespace snapgate::api::kube
