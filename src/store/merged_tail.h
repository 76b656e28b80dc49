#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "store/log_tail.h"
#include "store/store.h"

namespace snapgate::store {

// A place among the changes of many clusters, in the order in which they were published: behind the
// change with the revision `change`, which became visible with the head `published`. Changes of a
// stage have smaller revisions than changes of other clusters that were published before them, so
// a revision alone is no such place.
struct PublishedPlace {
    Revision published = 0;
    Revision change = 0;

    std::strong_ordering operator<=>(const PublishedPlace&) const = default;
};

// A change, and the head with which it became visible.
struct PublishedChange : TailChange {
    Revision published = 0;
};

// Follows the logs of many clusters as one, in the order of publication. It remembers their heads,
// so a read looks only at the clusters that have changes. All functions may be called from any
// thread; the store outlives the MergedTail.
class MergedTail {
  public:
    using Position = PublishedPlace;
    using Change = PublishedChange;
    static Position position_of(const Change& change) {
        return {change.published, change.entry.revision};
    }
    static uint64_t distance(Position from, Position to) { return to.published - from.published; }

    // Numbers of clusters, ascending. Another set is another object.
    using Members = std::shared_ptr<const std::vector<ClusterNumber>>;

    // `members` tells which clusters are followed now. It is called on the threads that read. After
    // it has changed its mind members_changed() must be called, before a new member has objects.
    // `wake`, if given, is called on the writer thread after each commit that moved the head of a
    // member, and by members_changed(), until the destructor returns; it must be short.
    MergedTail(Store& store, std::function<Members()> members, std::function<void()> wake);
    ~MergedTail();
    MergedTail(const MergedTail&) = delete;
    MergedTail& operator=(const MergedTail&) = delete;

    // On the writer thread.
    void members_changed();

    // Behind everything that was published.
    base::Result<Position> head() const;
    // Passes the changes after `after` to `take`, at most kTailStep of them. Stops when `take`
    // returns false: that change was not taken. Returns the place up to which all changes are
    // taken. A cluster that is gone has no changes any more; one that was made after that place
    // has all of its. kExpired if the log no longer has the changes of a member.
    base::Result<Position> read(Position after,
                                const std::function<base::Result<bool>(const Change&)>& take);

    // Whether a head may have moved since the last call that returned true.
    bool take_stale() { return stale_.exchange(false, std::memory_order_acq_rel); }
    void set_stale() { stale_.store(true, std::memory_order_release); }

  private:
    // A consistent state, and the members that may have changes after a place.
    struct Reading {
        ReadView view;
        Revision newest = 0;  // nothing that was published later is looked at
        std::vector<ClusterNumber> changed;
    };

    void moved(const HeadsMoved& heads);
    base::Result<Reading> begin_reading(Position after);
    base::Result<void> note_heads(const ReadView& view, const Members& members,
                                  const std::vector<ClusterNumber>& moved)
        SNAPGATE_REQUIRES(heads_mutex_);

    Store& store_;
    const std::function<Members()> members_;
    const std::function<void()> wake_;
    std::atomic<bool> stale_ = true;
    uint64_t subscription_ = 0;

    // The newest head of each member, as far as it was noted. Taken before moved_mutex_.
    base::Mutex heads_mutex_;
    Members noted_ SNAPGATE_GUARDED_BY(heads_mutex_);
    std::vector<Revision> heads_ SNAPGATE_GUARDED_BY(heads_mutex_);  // 0 for one that is gone

    // What happened since then.
    mutable base::Mutex moved_mutex_;
    Revision newest_ SNAPGATE_GUARDED_BY(moved_mutex_) = 0;
    std::vector<ClusterNumber> moved_ SNAPGATE_GUARDED_BY(moved_mutex_);
    // Whose heads count. Null while that is not known: then every cluster's does.
    Members followed_ SNAPGATE_GUARDED_BY(moved_mutex_);
    uint64_t changes_of_members_ SNAPGATE_GUARDED_BY(moved_mutex_) = 0;
};

}  // namespace snapgate::store
