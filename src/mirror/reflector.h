#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "cluster/reflected_kind.h"
#include "mirror/collector.h"
#include "mirror/confirmations.h"
#include "mirror/contact.h"
#include "mirror/lists_under_way.h"
#include "mirror/mirror_checks.h"
#include "mirror/mirror_status.h"
#include "mirror/object_sink.h"
#include "mirror/reflector_context.h"
#include "mirror/reflector_times.h"
#include "mirror/upstream.h"
#include "mirror/watch.h"
#include "net/event_loop.h"

namespace snapgate::mirror {

// Keeps the mirror of one kind of object of one cluster equal to it, by list and watch, as
// client-go does: a first list, then a watch from its version; again from the last version when
// that ends; a list again when the version is gone. What it sees goes to an ObjectSink.
//
// session.h decides; this carries out. Four coroutines do the work and tell the session how it went
// (LiveSession::happen), and what the session wants done at once is done there and then (act()):
//
//     coroutine         | what it does                 | in              | asks over
//     run()             | the work of each stage, the  | here            | upstream_
//                       | pauses                       |                 |
//     stay_in_touch()   | probes a silent cluster,     | contact.h       | one that it keeps open;
//                       | compares after a loss        |                 | a comparison, a new one
//     answer_the_late() | refuses those who waited too | contact.h       | nothing
//                       | long for confirm()           |                 |
//     check_from_time_  | compares once in a while     | mirror_checks.h | one made anew
//     to_time()         |                              |                 |
//
// No two of them share a connection (Upstream), so a watch that is open, or a long list, holds up
// none of the others. Each waits on an alarm of its own, by which its wait is ended early: that of
// run() is pause_alarm_, which act(kEndPause) rings.
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
        MostListed most_listed;
        // Counts the changes of the mirror's state, if it is not null; outlives it.
        std::atomic<uint64_t>* turns = nullptr;
    };
    Reflector(Parts parts, const net::Executor& executor);
    Reflector(const Reflector&) = delete;
    Reflector& operator=(const Reflector&) = delete;

    // Until stop(), or until the sink says that the cluster is gone.
    net::Awaitable<void> run();
    // Compares the mirror with the cluster from time to time, beside run(); until stop().
    net::Awaitable<void> check_from_time_to_time() { return checks_.run(); }
    // Asks a silent cluster whether it is there, and looks into doubts, beside run(); until stop().
    net::Awaitable<void> stay_in_touch() { return contact_.run(); }
    // Tells who waits for a confirmation when their time is over, beside run(); until stop().
    net::Awaitable<void> answer_the_late() { return contact_.answer_the_late(); }
    void stop();
    // Takes other credentials; where the cluster is not followed at the moment, at once.
    void use(std::shared_ptr<connect::ConnectionSource> source);
    void retry_now();
    // See Contact::confirm.
    void confirm(Confirmations::Done done) { contact_.confirm(std::move(done)); }

    // One of its coroutines has ended by an exception; that one may be called again.
    void failed_by_a_bug(std::string_view what);

    MirrorStatus status() const { return session_.status(); }
    // See LiveSession::reached.
    bool reached(std::string_view version) const { return session_.reached(version); }

  private:
    // The list that the session needs next, or the version where a watch goes on.
    struct WantedList {
        std::string version;  // the last one seen; "" for none
        bool newest = false;  // no version counts: the newest state is needed
    };

    // Carries out at once what the session asks for.
    void act(Action action, const Setback& why);
    WantedList wanted_list() const;
    bool is_told_by_snapshots(MirrorState state) const;
    void tell_setback(const Setback& why) const;

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

    ReflectorContext context_;
    LiveSession& session_;  // that of context_
    ListsUnderWay& lists_;
    const MostListed most_listed_;
    Upstream upstream_;
    net::Alarm pause_alarm_;
    base::Backoff backoff_;
    size_t guesses_ = 0;  // of the version that is served
    MirrorChecks checks_;
    Contact contact_;
};

}  // namespace snapgate::mirror
