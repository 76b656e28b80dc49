#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/http/http.h"

namespace snapgate::net {

// Streams of one thread that wait for the same thing. Any thread wakes them, by one post however
// many they are; they are notified in slices, between which the thread's other connections go on.
// A wake that comes while another is being carried out reaches each stream once: those who were
// not notified yet will see both causes.
//
// Concurrency: wake() from any thread, everything else on the streams' own. Its io_context outlives
// it; a group outlives its members, and lives on while a wake is on its way.
class WakeGroup : public std::enable_shared_from_this<WakeGroup> {
    using Hook = boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  public:
    // A stream's place in a group, until its end.
    class Member : public Hook {
      public:
        Member(WakeGroup& group, ResponseStream& stream) : stream_(stream) {
            group.members_.push_back(*this);
        }
        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;

      private:
        friend class WakeGroup;
        ResponseStream& stream_;
    };

    // `gathers`: a wake that comes sooner than so long after the last pass has begun waits until
    // then, so that what is written at a high rate goes out in few pieces.
    explicit WakeGroup(Executor executor, std::chrono::milliseconds gathers = {})
        : executor_(std::move(executor)), gathers_(gathers) {}
    WakeGroup(const WakeGroup&) = delete;
    WakeGroup& operator=(const WakeGroup&) = delete;

    void wake();
    bool empty() const { return members_.empty() && due_.empty(); }
    const Executor& executor() const { return executor_; }
    // How many times the streams were woken, or have begun to be.
    uint64_t passes() const { return passes_; }

  private:
    using Members = boost::intrusive::list<Member, boost::intrusive::constant_time_size<false>>;

    void come_due();
    void begin_pass();
    void notify_slice();

    const Executor executor_;
    const std::chrono::milliseconds gathers_;
    std::optional<std::chrono::steady_clock::time_point> last_pass_;  // when it began
    std::unique_ptr<boost::asio::steady_timer> timer_;                // once a wake had to wait
    std::atomic<bool> posted_ = false;
    Members members_;
    Members due_;  // not notified yet in this pass
    bool passing_ = false;
    uint64_t passes_ = 0;
};

}  // namespace snapgate::net
