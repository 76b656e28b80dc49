#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "json/splitter.h"
#include "mirror/backoff.h"
#include "mirror/confirmations.h"
#include "mirror/lists_under_way.h"
#include "mirror/liveness.h"
#include "mirror/mirror_status.h"
#include "mirror/object_sink.h"
#include "mirror/setback.h"
#include "mirror/skipped_objects.h"
#include "mirror/upstream.h"
#include "net/event_loop.h"

namespace snapgate::mirror {

// The rhythm of a reflector: client-go's numbers.
struct ReflectorTimes {
    std::chrono::milliseconds backoff_first;
    std::chrono::milliseconds backoff_most;
    std::chrono::milliseconds quiet;         // after which the backoff begins anew
    std::chrono::milliseconds answer;        // the longest wait for the head of an answer
    std::chrono::milliseconds list_silence;  // and for the next byte of a list
    // Of a silent watch: after which the cluster is asked for its version, how long that may take,
    // and after which the watch is opened again.
    std::chrono::milliseconds probe;
    std::chrono::milliseconds probe_answer;
    std::chrono::milliseconds renew;
    std::chrono::milliseconds lost;     // without touch: the mirror is compared then
    std::chrono::milliseconds explain;  // how long events may take to explain a difference
    std::chrono::milliseconds brief;    // a watch that ends sooner was of no use
    std::chrono::milliseconds reopens;  // the next watch is open within, as a rule
    std::chrono::milliseconds check;    // about how often the mirror is compared with the cluster
    std::chrono::milliseconds check_patience;  // for the watch to reach a compared list's version

    static ReflectorTimes usual();
};

// Keeps the mirror of one kind of object of one cluster equal to it, by list and watch, as
// client-go does: a first list, then a watch from its version; again from the last version when
// that ends; a list again when the version is gone. What it sees goes to an ObjectSink.
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
    using SteadyClock = std::chrono::steady_clock;
    using Next = Setback::Next;

    // So often something is tried again at once; then there is a pause.
    static constexpr size_t kMostHurried = 3;

    // What a watch is begun with.
    enum class Begin { kFromVersion, kWithState };

    net::Awaitable<Outcome<void>> attempt();
    net::Awaitable<Outcome<void>> discover();
    net::Awaitable<Outcome<void>> learn_server_version();

    net::Awaitable<Outcome<void>> relist();
    net::Awaitable<Outcome<void>> list(std::string query);
    net::Awaitable<Outcome<json::ListHead>> list_page(std::string target);
    void begin_counting();
    net::Awaitable<Outcome<void>> flush_list(bool all);
    net::Awaitable<Outcome<void>> publish(std::string version);

    net::Awaitable<Outcome<void>> watch(Begin begin);
    net::Awaitable<Outcome<void>> take_piece(json::ItemSplitter& splitter, std::string_view piece);
    net::Awaitable<Outcome<void>> apply_events();
    Setback watch_refused(Begin begin, Setback setback);
    Setback watch_list_refused(Setback setback);
    Outcome<void> watch_ended(std::optional<Setback> setback, SteadyClock::time_point opened);
    void begin_streaming();
    void note_useful_watch(SteadyClock::time_point opened);
    base::Result<void> take_frame(std::string_view text);
    base::Result<void> take_object(std::string_view text, bool whole_list);
    base::Result<void> take_change(model::PreparedObject object);
    // `again`: also where its version was seen before.
    base::Result<void> take_removal(const json::ObjectHead& head, bool again = false);
    base::Result<void> take_deletion(std::string_view text);
    base::Result<void> take_bookmark(std::string_view text);
    base::Result<void> take_large_frame(std::string_view beginning);
    base::Result<void> take_odd_event(std::string_view text, std::string_view why);
    base::Result<void> advance(const std::string& version);

    // A comparison with the cluster that is under way, over a connection of its own.
    struct Comparing {
        Comparing(std::shared_ptr<connect::ConnectionSource> source, std::string server,
                  std::chrono::milliseconds answer, std::string version,
                  SteadyClock::time_point until)
            : upstream(std::move(source), std::move(server), answer),
              seen({std::move(version)}),
              deadline(until) {}

        Upstream upstream;
        std::vector<std::string> seen;  // the mirror's versions since it began
        SteadyClock::time_point deadline;
    };
    // What a comparison with the newest list waits for, and when it is of no use any more.
    struct Patience {
        std::chrono::milliseconds most;
        net::Alarm& alarm;
        std::function<bool()> goes_on;
    };
    net::Awaitable<Outcome<std::string>> compare(std::string version);
    net::Awaitable<Outcome<std::string>> compare_newest(Comparing& comparing, Patience patience);
    bool agree(const Checksum& mine, const Checksum& theirs);
    net::Awaitable<Outcome<Checksum>> sum_up(Comparing& comparing, std::string query,
                                             std::string& version);
    base::Result<void> sum_item(Checksum& sum, std::string_view item) const;
    std::unique_ptr<Comparing> begin_comparing(std::string version) const;
    void note_check(Outcome<std::string> outcome);

    net::Awaitable<void> probe();
    net::Awaitable<Outcome<std::string>> ask_version();
    net::Awaitable<void> compare_after_loss();
    net::Awaitable<Outcome<std::string>> compare_with_held();
    Liveness liveness() const;
    base::Error not_confirmed() const;
    void note_busy(const Setback& setback);
    // Ends the watch for a reason of ours, which is told in place of the connection's end.
    void end_watch(Setback setback);
    void doubt_versions(std::string reason, std::string message);
    void note_heard();
    void note_confirmed();
    void raise_doubt(Doubt doubt);

    // Remembers the setback and ends the splitter that calls.
    base::Result<void> fail(Setback setback);
    Setback sink_failed(const base::Error& error);
    std::string path() const;
    std::string watch_query(Begin begin) const;
    // `is_whole`: it was read to its end, so that one without a name has none.
    void note_skipped(const json::ObjectHead& head, std::string_view why, bool is_whole = true);
    void note_not_skipped(const json::ObjectHead& head);
    void note_state(MirrorState state, std::string reason, std::string message);
    void note_setback(const Setback& setback);
    void note_streaming(bool streaming);
    bool is_streaming() const;
    // Whether the mirror is what the cluster had when it was last heard.
    bool is_sure() const SNAPGATE_REQUIRES(mutex_);
    // The moment of the last confirmation, by our clock.
    int64_t heard_ms() const SNAPGATE_REQUIRES(mutex_);
    void set_version(std::string version);
    // Moves what is needed next on: a list of the newest state stands above others.
    void need(Next next);

    const std::string cluster_;
    ObjectSink& sink_;
    const base::Clock& clock_;
    const cluster::ReflectedKind& kind_;
    const ReflectorTimes times_;
    const net::Executor executor_;
    ListsUnderWay& lists_;
    std::optional<ListsUnderWay::Entry> listing_;  // while a list is being taken in
    const std::string server_;
    Upstream upstream_;
    std::shared_ptr<connect::ConnectionSource> source_;
    net::Alarm alarm_;
    net::Alarm check_alarm_;
    net::Alarm touch_alarm_;
    net::Alarm late_alarm_;
    std::unique_ptr<Comparing> checking_;  // from time to time
    std::unique_ptr<Comparing> resuming_;  // after a loss
    std::unique_ptr<Upstream> asking_;     // kept from one question to the next
    // Of what was compared last: the versions are the same, and the metadata is not.
    bool metadata_differs_ = false;
    // The cluster shows metadata alone just as it does in whole objects.
    bool metadata_counts_ = true;
    Confirmations waiting_;
    SteadyClock::time_point busy_until_;  // it is not asked before
    std::string busy_message_;            // what it said
    bool probe_at_once_ = false;
    std::chrono::milliseconds probe_after_;  // spread out
    // Since when nothing that was taken in is known to be all there was; none while it follows.
    std::optional<SteadyClock::time_point> away_since_;
    bool failed_since_ = false;        // an attempt failed since then
    std::optional<Setback> ended_by_;  // what end_watch() was told
    Backoff backoff_;
    bool stopping_ = false;
    bool gone_ = false;  // the cluster was removed
    bool discovered_ = false;
    bool fresh_ = false;    // a list was just published
    bool changed_ = false;  // another connection is to be used, since the attempt began
    Next next_ = Next::kSame;
    bool watch_list_ = false;  // the server knows WatchList
    std::string server_version_;
    bool version_known_ = false;         // since before the attempt: it may have changed meanwhile
    std::string watch_list_refused_by_;  // the server version that did not serve one
    const size_t most_listed_;
    std::string served_;
    std::string version_;  // the last one seen; "" before the first list
    std::string told_;     // the reason of the failure that was logged last
    size_t retries_after_ = 0;
    size_t hurried_ = 0;  // attempts without a pause, one after another
    size_t watch_list_failures_ = 0;

    // Of the list or the watch that is being taken in.
    bool in_list_ = false;
    bool initial_ = false;         // of a WatchList, before its bookmark
    std::string initial_version_;  // which that bookmark had
    std::string taken_version_;    // of the newest frame
    size_t frames_ = 0;
    std::vector<model::PreparedObject> objects_;
    size_t object_bytes_ = 0;
    size_t listed_ = 0;  // objects, of the list
    SkippedObjects skipped_;
    // How far its changes are in the mirror, too: one that is skipped leaves it a moment later.
    uint64_t skipped_settled_ = 0;
    std::vector<Event> events_;
    std::optional<Setback> failed_;
    mutable base::Mutex mutex_;
    MirrorStatus status_ SNAPGATE_GUARDED_BY(mutex_);
    std::string reached_ SNAPGATE_GUARDED_BY(mutex_);
    bool streaming_ SNAPGATE_GUARDED_BY(mutex_) = false;
    Doubt doubt_ SNAPGATE_GUARDED_BY(mutex_) = Doubt::kNone;
    // When the cluster last told, or confirmed, what the mirror has.
    SteadyClock::time_point heard_ SNAPGATE_GUARDED_BY(mutex_);
    SteadyClock::time_point stopped_streaming_ SNAPGATE_GUARDED_BY(mutex_);
    // What came before a watch was open is still on its way until then.
    SteadyClock::time_point settled_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::mirror
