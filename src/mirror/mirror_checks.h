#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mirror/mirror_check.h"
#include "mirror/reflector_context.h"
#include "net/event_loop.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// The comparisons of one reflector: when they are made, and what they have to know of what goes on
// meanwhile. mirror_check.h has how one is made; the session decides what follows from it. One
// thread.
class MirrorChecks {
  public:
    // `context` outlives it.
    MirrorChecks(ReflectorContext& context, const net::Executor& executor);
    MirrorChecks(const MirrorChecks&) = delete;
    MirrorChecks& operator=(const MirrorChecks&) = delete;

    // Compares the mirror with the cluster from time to time, until the session has ended and cut()
    // was called.
    net::Awaitable<void> run();
    // Compares it once, after a loss. `alarm` makes it look at once whether the watch explains what
    // differs, or has ended.
    net::Awaitable<void> compare_after_loss(net::Alarm& alarm);
    // Forgets a comparison after a loss that ended by a bug.
    void forget_resumed() { resuming_.reset(); }
    // Ends what is under way, and the wait for the next comparison.
    void cut();

    // The sink has come to that version.
    void saw(const std::string& version);
    // The mirror holds all changes that were told so far.
    void settle() { skipped_settled_ = context_.skipped.changes(); }
    // What is known of the metadata that the cluster shows alone.
    MetadataForm& metadata() { return metadata_; }

  private:
    std::unique_ptr<MirrorCheck> begin(std::string version);
    MirrorCheck::Patience patience(std::chrono::milliseconds most, net::Alarm& alarm,
                                   std::function<bool()> goes_on) const;

    ReflectorContext& context_;
    MetadataForm metadata_;
    std::unique_ptr<MirrorCheck> checking_;  // from time to time
    std::unique_ptr<MirrorCheck> resuming_;  // after a loss
    net::Alarm alarm_;
    // skipped.changes() when the mirror last held all changes: an object that is newly skipped
    // leaves the mirror a moment after it was counted. A comparison proves no difference if this
    // was another number when it began than skipped.changes() is when it ends.
    uint64_t skipped_settled_ = 0;
};

}  // namespace snapgate::mirror
