#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"
#include "json/cluster_answers.h"
#include "mirror/confirmations.h"
#include "mirror/liveness.h"
#include "mirror/mirror_checks.h"
#include "mirror/reflector_context.h"
#include "mirror/upstream.h"
#include "net/event_loop.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// How a reflector stays in touch with its cluster beside the watch: it probes a silent cluster, has
// doubts looked into, and answers those who wait for a confirmation of the mirror. liveness.h
// decides what is to be done next. One thread.
class Contact {
  public:
    // What it is given outlives it.
    Contact(ReflectorContext& context, MirrorChecks& checks, const net::Executor& executor);
    Contact(const Contact&) = delete;
    Contact& operator=(const Contact&) = delete;

    // Asks and compares whenever that is due. Returns once the session has ended and look() was
    // called.
    net::Awaitable<void> run();
    // Refuses those who waited too long. Returns once the session has ended and end() was called.
    net::Awaitable<void> answer_the_late();

    // Asks the cluster at once: one question for all who wait. `done` gets nothing where the mirror
    // was confirmed, and kClusterUnavailable where it was not, within `probe_answer` whatever the
    // reflector is at.
    void confirm(Confirmations::Done done);
    // Answers all who wait: by what the cluster said, or by the state that is shown.
    void answer(const base::Result<void>& result) { waiting_.answer(result); }
    void refuse() { waiting_.answer(not_confirmed()); }
    // Looks at once what is to be done next.
    void look() { look_alarm_.ring(); }
    // Ends both coroutines of a session that has ended.
    void end();
    // Ends a question that is under way.
    void cut();
    void use(std::shared_ptr<connect::ConnectionSource> source);
    void interrupt();

  private:
    net::Awaitable<void> probe();
    net::Awaitable<Outcome<std::string>> ask_for_version();
    net::Awaitable<Outcome<json::ListHead>> read_head();
    base::Error not_confirmed() const;
    void spread_probes();

    ReflectorContext& context_;
    MirrorChecks& checks_;
    std::unique_ptr<Upstream> upstream_;  // kept from one probe to the next
    net::Alarm look_alarm_;
    net::Alarm late_alarm_;
    Confirmations waiting_;
    ProbeTimes probe_after_;  // spread out
};

}  // namespace snapgate::mirror
