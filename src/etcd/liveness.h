#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "etcd/client.h"
#include "etcd/transport.h"

namespace snapgate::etcd {

// Which members of etcd give signs of life. A member that stands still, or is cut off by a network
// that swallows what is sent, keeps its connections, and gRPC's own pings may come too seldom to
// find that out soon. So a member that has not answered anything for a while, though calls wait for
// it, is asked for a sign of life, which it gives without a quorum; and so is one of which nothing
// was heard for a while, before it is given a commit.
//
// A client of one endpoint has nobody else to ask: there every member counts as living, and none is
// asked. Any thread; callbacks come on a thread of gRPC or on one of this class, without a lock.
class Liveness {
  public:
    // Asks a member for a sign of life; `answered` is called once, with whether one came in time.
    using Ask = std::function<std::shared_ptr<Cancel>(size_t member, Time deadline,
                                                      std::function<void(bool)> answered)>;
    // The member was asked at `asked` and said nothing: what was sent to it before may be done or
    // not, and gets no answer.
    using Silent = std::function<void(size_t member, Time asked)>;

    Liveness(size_t members, const SilenceOptions& options, Ask ask, Silent silent);
    // After stop() and wait().
    ~Liveness() = default;
    Liveness(const Liveness&) = delete;
    Liveness& operator=(const Liveness&) = delete;

    // A call was sent to the member, and has ended: `answered` if the member said something.
    void began(size_t member) SNAPGATE_EXCLUDES(mutex_);
    void ended(size_t member, bool answered) SNAPGATE_EXCLUDES(mutex_);
    // The member said something.
    void heard(size_t member) SNAPGATE_EXCLUDES(mutex_);

    // Calls `done` with whether the member lives: at once if something was heard of it lately,
    // else once it was asked; with false if that is not known at `deadline`.
    void make_sure(size_t member, Time deadline, const std::function<void(bool)>& done)
        SNAPGATE_EXCLUDES(mutex_);
    // The member was asked for a sign of life after `since`, and gave none.
    bool silent_since(size_t member, Time since) const SNAPGATE_EXCLUDES(mutex_);

    // Nobody is asked any more; what waits is told false.
    void stop() SNAPGATE_EXCLUDES(mutex_);
    // After stop(), on no thread that calls a callback: waits until none is called any more.
    void wait() SNAPGATE_EXCLUDES(mutex_);

  private:
    struct Waiting {
        Time deadline;
        std::function<void(bool)> done;
    };
    struct Member {
        size_t calls = 0;               // that wait for an answer
        Time busy_since = Time::min();  // there has been such a call all the time
        Time heard = Time::min();
        Time asked = Time::min();
        bool asking = false;
        bool silent = false;  // the last question got no answer
        std::shared_ptr<Cancel> question;
        std::vector<Waiting> waiting;
    };

    void run() SNAPGATE_EXCLUDES(mutex_);
    bool idle() const SNAPGATE_REQUIRES(mutex_);
    void wake() SNAPGATE_REQUIRES(mutex_);
    Time begin_question(Member& member) SNAPGATE_REQUIRES(mutex_);
    void ask(size_t member, Time asked) SNAPGATE_EXCLUDES(mutex_);
    void got_answer(size_t member, bool answered) SNAPGATE_EXCLUDES(mutex_);
    void one_less() SNAPGATE_REQUIRES(mutex_);

    const SilenceOptions options_;
    const Ask ask_;
    const Silent silent_;

    mutable base::Mutex mutex_;
    base::Condition changed_;
    size_t left_ SNAPGATE_GUARDED_BY(mutex_) = 0;  // questions and answers that are dealt with
    std::vector<Member> members_ SNAPGATE_GUARDED_BY(mutex_);
    bool asleep_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace snapgate::etcd
