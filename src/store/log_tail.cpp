#include "store/log_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

base::Result<Revision> head_of(const ReadView& view, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(auto head, view.head(cluster));
    if (!head) return Error(Code::kNotFound, fmt::format("the store has no cluster {}", cluster));
    return head->revision;
}

}  // namespace

LogTail::LogTail(Store& store, ClusterNumber cluster, std::function<void()> wake)
    : store_(store), cluster_(cluster), wake_(std::move(wake)) {
    subscription_ = store_.subscribe([this](const HeadsMoved& heads) { moved(heads.clusters); });
}

LogTail::~LogTail() {
    store_.unsubscribe(subscription_);
}

void LogTail::moved(const std::vector<ClusterNumber>& clusters) {
    if (std::ranges::find(clusters, cluster_) == clusters.end()) return;
    set_stale();
    if (wake_) wake_();
}

base::Result<Revision> LogTail::head() const {
    return head_of(store_.read(), cluster_);
}

base::Result<bool> show_change(const ReadView& view, ClusterNumber cluster, const LogEntry& entry,
                               const std::function<base::Result<bool>(const TailChange&)>& take) {
    std::optional<Found> object;
    std::optional<Found> previous;
    const auto& [ns, name] = entry.key;
    if (entry.op != LogEntry::Op::kDeleted) {
        SNAPGATE_ASSIGN(object, view.get(cluster, entry.kind, ns, name, entry.revision));
        if (!object) return corrupt_row("an object that the log names");
    }
    if (entry.op != LogEntry::Op::kCreated) {
        SNAPGATE_ASSIGN(previous, view.get(cluster, entry.kind, ns, name, entry.previous));
        if (!previous) return corrupt_row("the earlier state of an object that the log names");
    }
    return take(
        {view, cluster, entry, object ? &*object : nullptr, previous ? &*previous : nullptr});
}

base::Result<Revision> LogTail::read(
    Revision after, const std::function<base::Result<bool>(const TailChange&)>& take) {
    const ReadView view = store_.read();
    SNAPGATE_ASSIGN(const Revision head, head_of(view, cluster_));
    SNAPGATE_ASSIGN(const std::vector<LogEntry> entries,
                    view.log(cluster_, after, head, kTailStep));
    Revision up_to = after;
    for (const LogEntry& entry : entries) {
        SNAPGATE_ASSIGN(const bool taken, show_change(view, cluster_, entry, take));
        if (!taken) return up_to;
        up_to = entry.revision;
    }
    return entries.size() == kTailStep ? up_to : std::max(after, head);
}

}  // namespace snapgate::store
