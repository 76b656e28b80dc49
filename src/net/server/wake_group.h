#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>

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

    explicit WakeGroup(Executor executor) : executor_(std::move(executor)) {}
    WakeGroup(const WakeGroup&) = delete;
    WakeGroup& operator=(const WakeGroup&) = delete;

    void wake();
    bool empty() const { return members_.empty() && due_.empty(); }
    const Executor& executor() const { return executor_; }
    // How many times the streams were woken, or have begun to be.
    uint64_t passes() const { return passes_; }

  private:
    using Members = boost::intrusive::list<Member, boost::intrusive::constant_time_size<false>>;

    void begin_pass();
    void notify_slice();

    const Executor executor_;
    std::atomic<bool> posted_ = false;
    Members members_;
    Members due_;  // not notified yet in this pass
    bool passing_ = false;
    uint64_t passes_ = 0;
};

}  // namespace snapgate::net
