#include "net/server/wake_group.h"

#include <boost/asio/post.hpp>

namespace snapgate::net {

namespace {

// Each resumes a coroutine that writes: about a millisecond in all.
constexpr int kSlice = 32;

}  // namespace

void WakeGroup::wake() {
    if (posted_.exchange(true)) return;
    boost::asio::post(executor_, [group = shared_from_this()] { group->come_due(); });
}

void WakeGroup::come_due() {
    // The steady clock may begin with the machine: its first moment is not "long ago".
    const auto now = std::chrono::steady_clock::now();
    const auto due = last_pass_ ? *last_pass_ + gathers_ : now;
    if (now >= due) {
        begin_pass();
        return;
    }
    if (!timer_) timer_ = std::make_unique<boost::asio::steady_timer>(executor_);
    timer_->expires_at(due);
    timer_->async_wait([group = shared_from_this()](const boost::system::error_code& error) {
        if (!error) group->begin_pass();
    });
}

void WakeGroup::begin_pass() {
    // Before anything is looked at: a wake from now on means another pass.
    posted_ = false;
    if (gathers_.count() > 0) last_pass_ = std::chrono::steady_clock::now();
    ++passes_;
    due_.splice(due_.end(), members_);
    if (passing_) return;
    passing_ = true;
    notify_slice();
}

void WakeGroup::notify_slice() {
    const auto self = shared_from_this();
    for (int i = 0; i < kSlice && !due_.empty(); ++i) {
        Member& member = due_.front();
        due_.pop_front();
        members_.push_back(member);
        // The stream may end in this call, and the member with it.
        member.stream_.notify();
    }
    if (due_.empty()) {
        passing_ = false;
        return;
    }
    boost::asio::post(executor_, [self] { self->notify_slice(); });
}

}  // namespace snapgate::net
