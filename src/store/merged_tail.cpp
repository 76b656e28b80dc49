#include "store/merged_tail.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace snapgate::store {
namespace {

using base::Code;
using base::Result;

// The log of one cluster, read in small parts: most of many clusters have few changes.
class Log {
  public:
    Log(const ReadView& view, ClusterNumber cluster, Revision newest)
        : view_(&view), cluster_(cluster), newest_(newest) {}

    // Stands before the first change after a place of the merged log. False if there is none.
    Result<bool> seek(PublishedPlace place) {
        SNAPGATE_ASSIGN(const auto head, view_->head(cluster_));
        if (!head) return false;
        SNAPGATE_ASSIGN(after_, start(place));
        return load();
    }
    // The same after the changes that were published with published().
    Result<bool> advance() {
        entries_ = entries_.subspan(group());
        if (!entries_.empty()) return find_published();
        return load();
    }

    ClusterNumber cluster() const { return cluster_; }
    Revision published() const { return published_; }
    // The next changes, all of which were published with published(): one at least.
    std::span<const LogEntry> changes() const { return entries_.first(group()); }

  private:
    static constexpr size_t kEntries = 32;

    // The revision in this cluster after which the changes follow a place of the merged log.
    Result<Revision> start(PublishedPlace place) const {
        const auto head = view_->head_at(cluster_, place.published);
        if (!head) {
            if (head.error().code != Code::kExpired) return head.error();
            // It was made later; or its history is gone, and then so is its log from 0 on.
            return Revision(0);
        }
        if (!*head) return Revision(0);
        return **head == place.published ? place.change : **head;
    }
    Result<bool> load() {
        SNAPGATE_ASSIGN(loaded_, view_->log(cluster_, after_, UINT64_MAX, kEntries));
        entries_ = loaded_;
        if (entries_.empty()) return false;
        after_ = entries_.back().revision;
        return find_published();
    }
    Result<bool> find_published() {
        // What a stage published may be in several parts.
        if (entries_.front().revision > published_) {
            SNAPGATE_ASSIGN(published_, view_->published_at(cluster_, entries_.front().revision));
        }
        return published_ <= newest_;
    }
    size_t group() const {
        const auto end = std::ranges::upper_bound(entries_, published_, {}, &LogEntry::revision);
        return static_cast<size_t>(end - entries_.begin());
    }

    const ReadView* view_;
    ClusterNumber cluster_;
    Revision newest_;
    Revision after_ = 0;  // the entries that were loaded end there
    std::vector<LogEntry> loaded_;
    std::span<const LogEntry> entries_;  // those of them that are left
    Revision published_ = 0;             // of the first one
};

}  // namespace

MergedTail::MergedTail(Store& store, std::function<Members()> members, std::function<void()> wake)
    : store_(store), members_(std::move(members)), wake_(std::move(wake)) {
    subscription_ = store_.subscribe([this](const HeadsMoved& heads) { moved(heads); });
    const auto state = store_.read().newest_state();
    const base::MutexLock lock(moved_mutex_);
    // What cannot be read is told by the first read.
    if (state) newest_ = std::max(newest_, state->revision);
}

MergedTail::~MergedTail() {
    store_.unsubscribe(subscription_);
}

void MergedTail::moved(const HeadsMoved& heads) {
    {
        const base::MutexLock lock(moved_mutex_);
        newest_ = std::max(newest_, heads.newest);
        const size_t before = moved_.size();
        for (const ClusterNumber number : heads.clusters) {
            if (!followed_ || std::ranges::binary_search(*followed_, number))
                moved_.push_back(number);
        }
        if (moved_.size() == before) return;
    }
    set_stale();
    if (wake_) wake_();
}

void MergedTail::members_changed() {
    {
        const base::MutexLock lock(moved_mutex_);
        followed_ = nullptr;
        ++changes_of_members_;
    }
    set_stale();
    if (wake_) wake_();
}

Result<PublishedPlace> MergedTail::head() const {
    const base::MutexLock lock(moved_mutex_);
    return PublishedPlace{newest_, newest_};
}

Result<MergedTail::Reading> MergedTail::begin_reading(Position after) {
    const base::MutexLock lock(heads_mutex_);
    std::vector<ClusterNumber> moved;
    Revision newest = 0;
    uint64_t changes = 0;
    {
        const base::MutexLock moved_lock(moved_mutex_);
        moved.swap(moved_);
        newest = newest_;
        changes = changes_of_members_;
    }
    // A later view than all of that: no change up to `newest` is missing in it.
    Reading reading{store_.read(), newest, {}};
    // And members that are asked for later still: each cluster of the view that has objects, and
    // that is to be followed, is among them.
    const Members members = members_();
    SNAPGATE_TRY(note_heads(reading.view, members, moved));
    {
        const base::MutexLock moved_lock(moved_mutex_);
        if (changes == changes_of_members_) followed_ = members;
    }
    for (size_t i = 0; i < heads_.size(); ++i) {
        const bool within = heads_[i] == after.published && after.change < after.published;
        if (heads_[i] > after.published || within) reading.changed.push_back((*members)[i]);
    }
    return reading;
}

Result<void> MergedTail::note_heads(const ReadView& view, const Members& members,
                                    const std::vector<ClusterNumber>& moved) {
    const bool known = noted_ == members;
    // If a head cannot be read now, all of them are read the next time.
    noted_ = nullptr;
    const auto head_of = [&](ClusterNumber number) -> Result<Revision> {
        SNAPGATE_ASSIGN(const auto head, view.head(number));
        return head ? head->revision : 0;
    };
    if (!known) {
        heads_.assign(members->size(), 0);
        for (size_t i = 0; i < heads_.size(); ++i) {
            SNAPGATE_ASSIGN(heads_[i], head_of((*members)[i]));
        }
    } else {
        for (const ClusterNumber number : moved) {
            const auto place = std::ranges::lower_bound(*members, number);
            if (place == members->end() || *place != number) continue;
            SNAPGATE_ASSIGN(heads_[static_cast<size_t>(place - members->begin())], head_of(number));
        }
    }
    noted_ = members;
    return {};
}

Result<PublishedPlace> MergedTail::read(Position after,
                                        const std::function<Result<bool>(const Change&)>& take) {
    SNAPGATE_ASSIGN(const Reading reading, begin_reading(after));
    // By the head with which its next change was published, which no two clusters have in common.
    std::map<Revision, Log> logs;
    for (const ClusterNumber number : reading.changed) {
        Log log(reading.view, number, reading.newest);
        SNAPGATE_ASSIGN(const bool more, log.seek(after));
        if (more) logs.emplace(log.published(), std::move(log));
    }
    Position up_to = after;
    for (size_t shown = 0; !logs.empty();) {
        auto next = logs.extract(logs.begin());
        Log& log = next.mapped();
        for (const LogEntry& entry : log.changes()) {
            if (shown++ == kTailStep) return up_to;
            const auto show = [&](const TailChange& change) {
                return take(Change{change, log.published()});
            };
            SNAPGATE_ASSIGN(const bool taken,
                            show_change(reading.view, log.cluster(), entry, show));
            if (!taken) return up_to;
            up_to = {log.published(), entry.revision};
        }
        SNAPGATE_ASSIGN(const bool more, log.advance());
        if (!more) continue;
        next.key() = log.published();
        logs.insert(std::move(next));
    }
    return std::max(up_to, Position{reading.newest, reading.newest});
}

}  // namespace snapgate::store
