#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/background_thread.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/environment.h"
#include "store/store.h"
#include "store/writer.h"

namespace snapgate::store {

// Fills in the facts of snapshots that were stored without, or by a version of this program whose
// facts had another layout: of every version of every cluster, those of the history included. It
// works behind the traffic, in small batches through the writer, on a thread of its own that ends
// with the work. A note in the store says that all was gone through, so the next start does
// nothing.
//
// A filled version keeps its key, its revision and its object, so nobody is told of it and every
// answer stays as it was. Where the work stands is not stored: after a restart it passes over what
// is filled already.
//
// The constructor's arguments outlive it. step() belongs to one thread at a time; the counters may
// be read by any thread.
class FactsFiller {
  public:
    FactsFiller(engine::Environment& environment, Writer& writer, DeriveFacts derive);
    ~FactsFiller();
    FactsFiller(const FactsFiller&) = delete;
    FactsFiller& operator=(const FactsFiller&) = delete;

    void start();
    void stop();

    // Does the next part of the work. False once all is done. kCorrupt if the rows cannot be
    // walked; kUnavailable once the writer is being stopped.
    base::Result<bool> step();

    bool done() const { return done_.load(std::memory_order_relaxed); }
    // Versions whose facts it stored since the start.
    uint64_t filled() const { return filled_.load(std::memory_order_relaxed); }
    // Versions that it left as they are, because they are damaged or cannot be read.
    uint64_t left() const { return left_.load(std::memory_order_relaxed); }

  private:
    // What one step found.
    struct Batch {
        std::vector<std::pair<std::string, std::string>> facts;  // with the keys of their versions
        uint64_t left = 0;
    };

    void loop();
    // Whether the note says that there is nothing to do.
    bool is_noted() const;
    // Collects versions to be filled, from `from_` on, and moves `from_` behind what it read; ""
    // behind the last row.
    base::Result<Batch> collect();
    void look_at(std::string_view key, const base::Result<std::string_view>& value,
                 Batch& batch) const;

    engine::Environment& environment_;
    Writer& writer_;
    const DeriveFacts derive_;
    std::string from_;  // the key at which the next step begins
    std::atomic<bool> done_ = false;
    std::atomic<uint64_t> filled_ = 0;
    std::atomic<uint64_t> left_ = 0;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::store
