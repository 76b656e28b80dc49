#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "cluster/backoff.h"
#include "cluster/lists_under_way.h"
#include "cluster/mirror_status.h"
#include "cluster/object_sink.h"
#include "cluster/setback.h"
#include "cluster/skipped_objects.h"
#include "cluster/upstream.h"
#include "json/cluster_answers.h"
#include "json/splitter.h"
#include "net/event_loop.h"

namespace snapgate::cluster {

// A kind of object as a cluster serves it.
struct ReflectedKind {
    std::string_view group;
    std::string_view plural;
    std::string_view kind;
    std::vector<std::string_view> versions;  // that can be read, the best first
};
const ReflectedKind& snapshots();

// The rhythm of a reflector: client-go's numbers.
struct ReflectorTimes {
    std::chrono::milliseconds backoff_first;
    std::chrono::milliseconds backoff_most;
    std::chrono::milliseconds quiet;         // after which the backoff begins anew
    std::chrono::milliseconds answer;        // the longest wait for the head of an answer
    std::chrono::milliseconds list_silence;  // and for the next byte of a list
    // And of a watch: bookmarks come about once a minute.
    std::chrono::milliseconds silence;
    std::chrono::milliseconds check;  // about how often the mirror is compared with the cluster

    static ReflectorTimes usual();
};

// Keeps the mirror of one kind of object of one cluster equal to it, by list and watch, as
// client-go does: a first list, then a watch from its version; again from the last version when
// that ends; a list again when the version is gone. What it sees goes to an ObjectSink.
//
// Concurrency: run(), use(), stop() and retry_now() on one thread, status() and reached() on any.
class Reflector {
  public:
    struct Parts {
        std::string cluster;  // its name, for the log
        std::string server;   // this server's id, for passed_servers.h
        std::shared_ptr<ConnectionSource> source;
        ObjectSink& sink;  // outlives it
        const base::Clock& clock;
        const ReflectedKind& kind;
        ReflectorTimes times;
        MirrorStatus last_known;
        ListsUnderWay& lists;  // shared by all reflectors; outlives them
    };
    Reflector(Parts parts, const net::Executor& executor);
    Reflector(const Reflector&) = delete;
    Reflector& operator=(const Reflector&) = delete;

    // Until stop(), or until the sink says that the cluster is gone.
    net::Awaitable<void> run();
    // Compares the mirror with the cluster from time to time, beside run(); until stop().
    net::Awaitable<void> check_from_time_to_time();
    void stop();
    // Takes other credentials; where the cluster is not followed at the moment, at once.
    void use(std::shared_ptr<ConnectionSource> source);
    void retry_now();

    // run() has ended by an exception; it may be called again.
    void failed_by_a_bug(std::string_view what);

    MirrorStatus status() const;
    // Whether the mirror has what the cluster had at that version of one of its objects. Versions
    // that are no numbers are only known while they are the newest.
    bool reached(std::string_view version) const;

  private:
    using SteadyClock = std::chrono::steady_clock;
    using Next = Setback::Next;

    // What a watch is begun with.
    enum class Begin { kFromVersion, kWithState };

    net::Awaitable<Outcome<void>> attempt();
    net::Awaitable<Outcome<void>> discover();

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
    Outcome<void> watch_ended(std::optional<Setback> setback, SteadyClock::time_point opened);
    void begin_streaming();
    base::Result<void> take_frame(std::string_view text);
    base::Result<void> take_object(std::string_view text, bool whole_list);
    base::Result<void> take_deletion(std::string_view text);
    base::Result<void> take_bookmark(std::string_view text);
    base::Result<void> take_large_frame(std::string_view beginning);
    base::Result<void> advance(const std::string& version);

    net::Awaitable<Outcome<std::string>> compare(std::string version);
    net::Awaitable<Outcome<std::string>> compare_newest();
    net::Awaitable<Outcome<Checksum>> sum_up(std::string query, std::string& version);
    void note_check(Outcome<std::string> outcome);

    // Remembers the setback and ends the splitter that calls.
    base::Result<void> fail(Setback setback);
    Setback sink_failed(const base::Error& error);
    std::string path() const;
    std::string watch_query(Begin begin) const;
    void note_skipped(const model::ObjectKey& key, std::string_view why);
    void note_not_skipped(const model::ObjectKey& key);
    void note_state(MirrorState state, std::string reason, std::string message);
    void note_setback(const Setback& setback);
    void note_streaming(bool streaming);
    void set_version(std::string version);
    // Moves what is needed next on: a list of the newest state stands above others.
    void need(Next next);

    const std::string cluster_;
    ObjectSink& sink_;
    const base::Clock& clock_;
    const ReflectedKind& kind_;
    const ReflectorTimes times_;
    const net::Executor executor_;
    ListsUnderWay& lists_;
    std::optional<ListsUnderWay::Entry> listing_;  // while a list is being taken in
    const std::string server_;
    Upstream upstream_;
    std::shared_ptr<ConnectionSource> source_;
    net::Alarm alarm_;
    net::Alarm check_alarm_;
    std::unique_ptr<Upstream> checking_;
    Backoff backoff_;
    bool stopping_ = false;
    bool gone_ = false;  // the cluster was removed
    bool discovered_ = false;
    bool fresh_ = false;    // a list was just published
    bool changed_ = false;  // another connection is to be used, since the attempt began
    Next next_ = Next::kSame;
    bool watch_list_ = false;  // the server knows WatchList
    std::string served_;
    std::string version_;  // the last one seen; "" before the first list
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
    std::vector<Event> events_;
    std::optional<Setback> failed_;
    // While a check goes on:
    std::vector<std::string> seen_versions_;
    SteadyClock::time_point check_deadline_;

    mutable base::Mutex mutex_;
    MirrorStatus status_ SNAPGATE_GUARDED_BY(mutex_);
    std::string reached_ SNAPGATE_GUARDED_BY(mutex_);
    bool streaming_ SNAPGATE_GUARDED_BY(mutex_) = false;
    // What came before a watch was open is still on its way until then.
    SteadyClock::time_point settled_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::cluster
