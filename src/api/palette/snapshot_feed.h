#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/feed.h"
#include "api/fleet.h"
#include "facts/facts.h"
#include "model/types.h"
#include "query/continue_token.h"
#include "query/event_id.h"
#include "query/selector.h"
#include "query/snapshot_filter.h"
#include "store/merged_tail.h"
#include "store/tailer.h"

namespace snapgate::api {
struct Services;
}

namespace snapgate::api::palette {

// A change of a snapshot, with what filters look at before and after it. All streams over the same
// clusters share it.
struct SnapshotChange {
    // The snapshot at one side of the change.
    struct State {
        std::string item;  // as it is listed
        std::string vm;
        query::Labels labels;
        std::string fact_bytes;
        facts::Facts facts;  // views into them
    };

    model::ClusterNumber cluster = 0;
    std::string ns;
    std::string name;
    std::unique_ptr<const State> before;  // null for a created one
    std::unique_ptr<const State> after;   // null for a deleted one

    // Its bytes in memory, about.
    size_t size() const;
};

using SnapshotTailer = store::Tailer<SnapshotChange, store::MergedTail>;

// What one stream, and each other with the same digest and time, wants to be told.
struct SnapshotSelection {
    query::SnapshotFilter filter;
    std::string query;  // kListingDigestBytes: of the filter, and of who may see what
    facts::Seconds now = 0;
};

// The id of an event.
std::string event_id(const Services& services, const SnapshotSelection& selection,
                     const query::Fleet& fleet, store::PublishedPlace place);

// The next changes for the streams of one thread, and how they are told to each selection: written
// once. Belongs to that thread.
class SnapshotBatch {
  public:
    SnapshotBatch(const Services& services, SnapshotTailer::Batch polled,
                  std::shared_ptr<const VisibleFleet> fleet)
        : services_(services),
          polled_(std::move(polled)),
          fleet_(std::move(fleet)),
          bytes_(bytes_of(polled_)) {}

    struct Text {
        // The events, ready to be sent; good as long as the batch.
        std::string_view events;
        // What its reader counts for of the memory that it keeps with others.
        size_t held = 0;
    };
    Text told(const SnapshotSelection& selection);

    store::PublishedPlace up_to() const { return polled_.up_to; }
    bool whole() const { return polled_.whole; }
    // The clusters that could be seen when the changes had been read: it has the cluster of each
    // change, unless that is gone since.
    const std::shared_ptr<const VisibleFleet>& fleet() const { return fleet_; }

  private:
    struct Told {
        std::string query;
        facts::Seconds now = 0;
        std::string text;
        SharedBytes bytes;
    };

    static size_t bytes_of(const SnapshotTailer::Batch& polled);
    Text taken(Told& told);
    std::string tell(const SnapshotSelection& selection) const;

    const Services& services_;
    SnapshotTailer::Batch polled_;
    std::shared_ptr<const VisibleFleet> fleet_;
    SharedBytes bytes_;  // of the changes
    std::map<std::pair<std::string_view, facts::Seconds>, std::unique_ptr<Told>> told_;
};

using SnapshotFeed = Feed<SnapshotTailer, SnapshotBatch>;
using SnapshotOutlet = SnapshotFeed::Outlet;

// The rhythm of all event streams.
struct StreamTimes {
    // A comment comes at least so often, and access is checked again.
    std::chrono::milliseconds heartbeat{15'000};
    // Events gather for at most so long before they go out in one piece.
    std::chrono::milliseconds gathers{20};
};

// Which changes a feed has: the clusters of a scope, or the one with the uid of them; and how their
// snapshots are written.
struct SnapshotScope {
    access::Scope seen;
    std::string uid;  // "" for all
    bool kubernetes_form = false;

    auto operator<=>(const SnapshotScope&) const = default;
};

// Where event streams find one another; a FeedHub (api/feed.h).
class SnapshotFeeds {
  public:
    explicit SnapshotFeeds(const StreamTimes& times = {}) : times_(times) {}

    // `services` outlives the feed.
    std::shared_ptr<SnapshotFeed> join(const Services& services, const SnapshotScope& scope);
    // On the writer thread, once the tables of the registry were read again: which clusters a
    // stream sees, and whether its key is good, may be different now.
    void registry_changed();
    void close() { feeds_.close(); }
    const StreamTimes& times() const { return times_; }

  private:
    const StreamTimes times_;
    FeedHub<SnapshotScope, SnapshotFeed> feeds_;
};

// The clusters of a scope now.
std::shared_ptr<const VisibleFleet> find_visible(const Services& services,
                                                 const SnapshotScope& scope);

}  // namespace snapgate::api::palette
