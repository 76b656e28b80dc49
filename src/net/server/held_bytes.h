#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "net/server/byte_budget.h"

namespace snapgate::net {

// What all requests of the process hold, and how often one was refused for it. Any thread may call.
struct HeldTotal {
    explicit HeldTotal(uint64_t most) : bytes(most) {}

    ByteBudget bytes;
    std::atomic<uint64_t> refused{0};         // because of this budget
    std::atomic<uint64_t> refused_of_key{0};  // because of the budget of the request's key
};

// The bytes that one request holds, of its body and of the answer that waits for its client: they
// count in the process's budget and, once the request's key is known, in the budget of that key.
// All are given back when the request ends, in whatever way. Lives on the request's thread; the
// total outlives it.
class HeldBytes {
  public:
    // A request that holds no more than this is counted and never refused: what needs little is
    // served while others hold much.
    static constexpr uint64_t kNeverRefused = 64 << 10;
    // From so much on a piece of a stream counts. What is smaller goes into the socket's buffer
    // mostly, and all threads would write to the same counters for each event of each watch.
    static constexpr uint64_t kCountedPiece = 16 << 10;

    explicit HeldBytes(HeldTotal& total) : total_(total) {}
    ~HeldBytes() { end(); }
    HeldBytes(const HeldBytes&) = delete;
    HeldBytes& operator=(const HeldBytes&) = delete;

    // From now on the key's budget counts, too.
    void count_for(std::shared_ptr<ByteBudget> key);
    // `more` bytes of the body have come. kTooManyRequests if the requests of the key would hold
    // more than they may, kBusy if all requests would; then nothing more is held.
    base::Result<void> hold_body(uint64_t more);
    // The answer holds `size` bytes now, more or fewer than before. Fails as hold_body().
    base::Result<void> hold_answer(uint64_t size);
    // The same for an answer that cannot be refused, as a write is done or an error is told.
    void hold_answer_anyway(uint64_t size);
    // A piece of `size` bytes is about to be written into a stream that rests between its pieces,
    // and holds nothing then. Fails as hold_body(). give_piece() once it is written.
    base::Result<void> hold_piece(uint64_t size) {
        return size < kCountedPiece ? base::Result<void>() : hold_answer(size);
    }
    void give_piece() {
        if (answer_ > 0) hold_answer_anyway(0);
    }
    // Gives everything back: the next request begins.
    void end();

    uint64_t held() const { return body_ + answer_; }
    // The budget of the request's key; null until it is known.
    const ByteBudget* key() const { return key_.get(); }

  private:
    base::Result<void> take(uint64_t more);
    void take_anyway(uint64_t more);
    void give(uint64_t bytes);

    HeldTotal& total_;
    std::shared_ptr<ByteBudget> key_;
    uint64_t body_ = 0;
    uint64_t answer_ = 0;
};

}  // namespace snapgate::net
