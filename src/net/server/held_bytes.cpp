#include "net/server/held_bytes.h"

#include <utility>

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

void HeldBytes::count_for(std::shared_ptr<ByteBudget> key) {
    if (key_) key_->give(held());
    key_ = std::move(key);
    key_->take_anyway(held());
}

Result<void> HeldBytes::hold_body(uint64_t more) {
    SNAPGATE_TRY(take(more));
    body_ += more;
    return {};
}

Result<void> HeldBytes::hold_answer(uint64_t size) {
    if (size > answer_) {
        SNAPGATE_TRY(take(size - answer_));
    } else {
        give(answer_ - size);
    }
    answer_ = size;
    return {};
}

void HeldBytes::hold_answer_anyway(uint64_t size) {
    if (size > answer_) {
        take_anyway(size - answer_);
    } else {
        give(answer_ - size);
    }
    answer_ = size;
}

void HeldBytes::end() {
    give(held());
    body_ = 0;
    answer_ = 0;
    key_.reset();
}

Result<void> HeldBytes::take(uint64_t more) {
    if (more <= kNeverRefused && held() <= kNeverRefused - more) {
        take_anyway(more);
        return {};
    }
    if (key_ && !key_->take(more)) {
        total_.refused_of_key.fetch_add(1, std::memory_order_relaxed);
        return Error(Code::kTooManyRequests,
                     "the requests of this key hold as many bytes as they may: read the answers "
                     "that are under way, or try again later");
    }
    if (total_.bytes.take(more)) return {};
    total_.refused.fetch_add(1, std::memory_order_relaxed);
    if (key_) key_->give(more);
    return Error(Code::kBusy,
                 "the server holds as many bytes for its clients as it may: try again later");
}

void HeldBytes::take_anyway(uint64_t more) {
    total_.bytes.take_anyway(more);
    if (key_) key_->take_anyway(more);
}

void HeldBytes::give(uint64_t bytes) {
    total_.bytes.give(bytes);
    if (key_) key_->give(bytes);
}

}  // namespace snapgate::net
