#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "connect/connection_source.h"
#include "json/cluster_answers.h"
#include "mirror/metadata_form.h"
#include "mirror/object_sink.h"
#include "mirror/seen_versions.h"
#include "mirror/setback.h"
#include "mirror/skipped_objects.h"
#include "mirror/upstream.h"
#include "net/event_loop.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// A comparison of a mirror with its cluster, over a connection of its own, while the watch goes on:
// changes that never came leave no other trace. One thread.
class MirrorCheck {
  public:
    struct Parts {
        std::shared_ptr<connect::ConnectionSource> source;
        std::string server;                 // this server's id
        std::string path;                   // of the kind
        std::chrono::milliseconds answer;   // the longest wait for the head of an answer
        std::chrono::milliseconds silence;  // and for the next byte
        // What it is given outlives it:
        const cluster::ReflectedKind& kind;
        const ObjectSink& sink;
        const SkippedObjects& skipped;
        MetadataForm& metadata;
    };
    // `version`: the mirror's own, in the store.
    MirrorCheck(Parts parts, std::string version);
    MirrorCheck(const MirrorCheck&) = delete;
    MirrorCheck& operator=(const MirrorCheck&) = delete;

    // The mirror has come to that version meanwhile.
    void saw(std::string version) { seen_.add(std::move(version)); }
    void cut() { upstream_.cut(); }

    // What a comparison with the newest list waits for, and when it is of no use any more.
    struct Patience {
        std::chrono::milliseconds most;
        net::Alarm& alarm;
        std::function<bool()> goes_on;
        // Whether the watch has told all up to a version.
        std::function<bool(std::string_view version)> reached;
        std::string held;  // the version that was seen last
    };
    // Compares the cluster's list at the mirror's version with the mirror. Where the cluster does
    // not keep that version any more, because nothing has changed for a while, its newest list is
    // compared. The result says what differs; "" if nothing does. The Setback of a comparison that
    // this server itself gave up has no reason.
    net::Awaitable<Outcome<std::string>> compare(Patience patience);
    // Compares the cluster's newest list with the mirror. While they differ, it waits until the
    // watch has reached that list's version, for as long as `patience` allows.
    net::Awaitable<Outcome<std::string>> compare_newest(Patience patience);

  private:
    struct Sum {
        Checksum checksum;
        std::string version;
    };
    // `seen` is told the list's version as soon as that is known; null: nobody is.
    net::Awaitable<Outcome<Sum>> sum_up(std::string query, SeenVersions* seen = nullptr);
    net::Awaitable<Outcome<json::ListHead>> sum_page(std::string target, Checksum& sum);

    const Parts parts_;
    Upstream upstream_;
    SeenVersions seen_;  // since it began
    std::chrono::steady_clock::time_point deadline_;
};

// It was not compared, by our own doing: no failure of the cluster.
Setback not_compared(std::string message);

}  // namespace snapgate::mirror
