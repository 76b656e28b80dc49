#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "cluster/reflected_kind.h"
#include "mirror/check.h"
#include "mirror/collector.h"
#include "mirror/confirmations.h"
#include "mirror/lists_under_way.h"
#include "mirror/mirror_status.h"
#include "mirror/object_sink.h"
#include "mirror/reflector_times.h"
#include "mirror/session.h"
#include "mirror/skipped_objects.h"
#include "mirror/upstream.h"
#include "mirror/watch.h"
#include "net/event_loop.h"

namespace snapgate::mirror {

// Keeps the mirror of one kind of object of one cluster equal to it, by list and watch, as
// client-go does: a first list, then a watch from its version; again from the last version when
// that ends; a list again when the version is gone. What it sees goes to an ObjectSink.
//
// session.h decides; this carries out. Four coroutines do the work and tell the session how it went
// (happen()), and what the session wants done at once is done there and then (act()):
//
//     coroutine                 | what it does             | waits on     | asks over
//     run()                     | the work of each stage,  | alarm_       | upstream_
//                               | the pauses               |              |
//     stay_in_touch()           | probes a silent cluster, | touch_alarm_ | asking_, kept open;
//                               | compares after a loss    |              | resuming_, made anew
//     check_from_time_to_time() | compares once in a while | check_alarm_ | checking_, made anew
//     answer_the_late()         | refuses those who waited | late_alarm_  | nothing
//                               | too long for confirm()   |              |
//
// No two of them share a connection (Upstream), so a watch that is open, or a long list, holds up
// none of the others. Each has an alarm of its own, by which its wait is ended early:
//
//     alarm_       by act(kEndPause)
//     touch_alarm_ by act(kLook), confirm(), and the end of run()
//     check_alarm_ by stop()
//     late_alarm_  by confirm() for the first who waits, stop(), and the end of run()
//
// Concurrency: status() and reached() on any thread, everything else on that of the executor.
class Reflector {
  public:
    struct Parts {
        std::string cluster;  // its name, for the log
        std::string server;   // this server's id, for passed_servers.h
        std::shared_ptr<connect::ConnectionSource> source;
        ObjectSink& sink;  // outlives it
        const base::Clock& clock;
        const cluster::ReflectedKind& kind;
        ReflectorTimes times;
        MirrorStatus last_known;
        ListsUnderWay& lists;  // shared by all reflectors; outlives them
        size_t most_listed;    // a list of more objects is taken for one without an end
    };
    Reflector(Parts parts, const net::Executor& executor);
    Reflector(const Reflector&) = delete;
    Reflector& operator=(const Reflector&) = delete;

    // Until stop(), or until the sink says that the cluster is gone.
    net::Awaitable<void> run();
    // Compares the mirror with the cluster from time to time, beside run(); until stop().
    net::Awaitable<void> check_from_time_to_time();
    // Asks a silent cluster whether it is there, and looks into doubts, beside run(); until stop().
    net::Awaitable<void> stay_in_touch();
    // Tells who waits for a confirmation when their time is over, beside run(); until stop().
    net::Awaitable<void> answer_the_late();
    void stop();
    // Takes other credentials; where the cluster is not followed at the moment, at once.
    void use(std::shared_ptr<connect::ConnectionSource> source);
    void retry_now();
    // Asks the cluster at once: one question for all who wait. `done` gets nothing where the mirror
    // was confirmed, and kClusterUnavailable where it was not, within `probe_answer` whatever the
    // reflector is at.
    void confirm(Confirmations::Done done);

    // One of its coroutines has ended by an exception; that one may be called again.
    void failed_by_a_bug(std::string_view what);

    MirrorStatus status() const;
    // Whether the mirror has what the cluster had at that version of one of its objects. Versions
    // that are no numbers are only known while they are the newest.
    bool reached(std::string_view version) const;

  private:
    // Tells the session, and carries out what follows from it at once.
    void happen(const SessionEvent& event);
    void act(Action action, const Setback& why);
    Moment now() const;
    // What the session says, as of now.
    template <class Question>
    auto ask(Question question) const {
        const base::MutexLock lock(mutex_);
        return question(session_);
    }
    Stage stage() const;
    bool is_following() const { return stage() == Stage::kFollow; }
    bool has_ended() const { return stage() == Stage::kEnd; }
    std::string path() const;

    // The stages.
    net::Awaitable<void> discover();
    net::Awaitable<void> ask_server_version();
    net::Awaitable<void> list();
    net::Awaitable<void> watch(WatchBegin begin);
    net::Awaitable<void> pause();

    net::Awaitable<Outcome<event::Learned>> learn_server_version();
    net::Awaitable<Outcome<void>> publish(std::string version);
    net::Awaitable<Outcome<void>> take_in(WatchPiece& piece, Collector& state);
    net::Awaitable<Outcome<void>> apply(std::vector<Change> changes);

    net::Awaitable<void> probe();
    net::Awaitable<Outcome<std::string>> ask_version();
    net::Awaitable<void> compare_after_loss();
    std::unique_ptr<Check> begin_check(std::string version);
    Check::Patience patience(std::chrono::milliseconds most, net::Alarm& alarm,
                             std::function<bool()> goes_on) const;
    base::Error not_confirmed() const;

    const std::string cluster_;
    const std::string server_;
    ObjectSink& sink_;
    const base::Clock& clock_;
    // The session's wall clock runs with the monotonic one from the beginning on.
    const int64_t wall_from_steady_ms_;
    int64_t stored_confirmed_ms_ = 0;
    int64_t stored_synced_ms_ = 0;
    const cluster::ReflectedKind& kind_;
    const ReflectorTimes times_;
    ListsUnderWay& lists_;
    const size_t most_listed_;
    std::shared_ptr<connect::ConnectionSource> source_;
    Upstream upstream_;
    std::unique_ptr<Upstream> asking_;  // for probes; kept from one to the next
    std::unique_ptr<Check> checking_;   // from time to time
    std::unique_ptr<Check> resuming_;   // after a loss
    net::Alarm alarm_;
    net::Alarm check_alarm_;
    net::Alarm touch_alarm_;
    net::Alarm late_alarm_;
    base::Backoff backoff_;
    Confirmations waiting_;
    SkippedObjects skipped_;
    // skipped_.changes() when the mirror last held all changes: an object that is newly skipped
    // leaves the mirror a moment after it was counted. A comparison proves no difference if this
    // was another number when it began than skipped_.changes() is when it ends.
    uint64_t skipped_settled_ = 0;
    MetadataForm metadata_;
    std::chrono::milliseconds probe_after_;  // spread out

    mutable base::Mutex mutex_;
    Session session_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::mirror
