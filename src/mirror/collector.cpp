#include "mirror/collector.h"

#include <fmt/format.h>

#include <utility>

namespace snapgate::mirror {
namespace {

// The average size of the objects that are handed on in one step.
constexpr size_t kStepObjectBytes = 4 << 10;

}  // namespace

net::Awaitable<Outcome<void>> Collector::begin() {
    objects_.clear();
    bytes_ = handed_on_ = bytes_handed_on_ = 0;
    auto begun = co_await sink_.begin_replacement();
    if (!begun) co_return tl::unexpected(setback_of_sink(begun.error()));
    co_return Outcome<void>();
}

void Collector::add(model::PreparedObject object) {
    bytes_ += object.text.size();
    objects_.push_back(std::move(object));
}

net::Awaitable<Outcome<void>> Collector::flush(bool all) {
    if (objects_.empty()) co_return Outcome<void>();
    const size_t step = lists_.step_objects();
    if (!all && objects_.size() < step && bytes_ < step * kStepObjectBytes)
        co_return Outcome<void>();
    auto objects = std::exchange(objects_, {});
    bytes_handed_on_ += std::exchange(bytes_, 0);
    handed_on_ += objects.size();
    if (handed_on_ > most_.objects)
        co_return tl::unexpected(malformed("the cluster's list has no end"));
    if (bytes_handed_on_ > most_.bytes) {
        co_return tl::unexpected(malformed(
            fmt::format("the cluster's list is larger than {} MiB: if that is right, start this "
                        "server with a larger --mirror-mib",
                        most_.bytes >> 20)));
    }
    auto added = co_await sink_.add(std::move(objects));
    if (!added) co_return tl::unexpected(setback_of_sink(added.error()));
    co_return Outcome<void>();
}

}  // namespace snapgate::mirror
