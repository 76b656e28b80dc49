#include "store/compactor.h"

#include "base/log.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;

constexpr auto kPause = std::chrono::seconds(1);
// Smaller differences between two clocks pass by themselves, and soon.
constexpr int64_t kFarAheadMs = 60'000;

}  // namespace

Compactor::Compactor(engine::Environment& environment, Writer& writer, const Holds& holds,
                     HistoryClock& clock, base::Millis history)
    : environment_(environment), writer_(writer), holds_(holds), clock_(clock), history_(history) {
    subscription_ = writer_.subscribe([this](const HeadsMoved& moved) {
        base::MutexLock lock(mutex_);
        with_history_.insert(moved.clusters.begin(), moved.clusters.end());
    });
}

Compactor::~Compactor() {
    stop();
    writer_.unsubscribe(subscription_);
}

void Compactor::start() {
    thread_.start([this] { loop(); });
}

void Compactor::stop() {
    thread_.stop();
}

void Compactor::loop() {
    bool complained = false;
    while (thread_.pause(kPause)) {
        try_to_write();
        auto done = run();
        if (!done && !complained && done.error().code != Code::kUnavailable)
            base::log::warning("compaction waits", {{"reason", done.error().message}});
        complained = !done;
    }
}

void Compactor::try_to_write() {
    if (!writer_.failure() || !environment_.writable()) return;
    // What comes of it is what Writer::failure() says next.
    static_cast<void>(writer_.run_step([](Transaction& txn) {
        txn.try_to_write();
        return false;
    }));
}

CompactionLimits Compactor::limits(ClusterNumber cluster) const {
    return {clock_.now_ms() - history_.count(), holds_.oldest(cluster)};
}

base::Result<std::vector<ClusterNumber>> Compactor::clusters_in(Table table) const {
    std::vector<ClusterNumber> clusters;
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment_.read());
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
    Key prefix(table);
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view()));
    while (found && cursor.key().starts_with(prefix.view())) {
        if (cursor.key().size() != prefix.size() + sizeof(ClusterNumber))
            return corrupt_row("the key of a cluster");
        clusters.push_back(load_u32(cursor.key(), prefix.size()));
        SNAPGATE_ASSIGN(found, cursor.next());
    }
    return clusters;
}

base::Result<Compactor::Outlook> Compactor::look_at(ClusterNumber cluster) const {
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment_.read());
    SNAPGATE_ASSIGN(auto value, rows.get(cluster_key(Table::kCluster, cluster).view()));
    Outlook outlook;
    if (!value) return outlook;
    SNAPGATE_ASSIGN(ClusterRow row, decode_cluster(*value));

    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
    Key heads = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(bool found, cursor.seek(heads.view()));
    if (!found || !cursor.key().starts_with(heads.view())) return corrupt_row("a cluster's head");
    Revision first = load_u64(cursor.key(), heads.size());
    outlook.later = first != row.head.revision;
    outlook.due = first < row.floor;
    SNAPGATE_ASSIGN(found, cursor.seek(head_key(cluster, row.floor).view()));
    if (found) {
        SNAPGATE_ASSIGN(found, cursor.next());
    }
    if (found && cursor.key().starts_with(heads.view())) {
        SNAPGATE_ASSIGN(const auto next_head, cursor.value());
        SNAPGATE_ASSIGN(HeadRow next, decode_head(next_head));
        CompactionLimits now = limits(cluster);
        if (next.since_ms < now.cutoff_ms && load_u64(cursor.key(), heads.size()) <= now.hold)
            outlook.due = true;
    }
    Key log = cluster_key(Table::kLog, cluster);
    SNAPGATE_ASSIGN(found, cursor.seek(log.view()));
    if (found && cursor.key().starts_with(log.view()) &&
        load_u64(cursor.key(), log.size()) <= row.floor)
        outlook.due = true;
    return outlook;
}

base::Result<void> Compactor::run_cluster(ClusterNumber cluster, bool& later) {
    while (!thread_.stopping()) {
        SNAPGATE_ASSIGN(Outlook outlook, look_at(cluster));
        later = outlook.later;
        if (!outlook.due) return {};
        SNAPGATE_TRY(writer_.run_step([this, cluster](Transaction& txn) {
            // The limits are read here, on the writer thread, so that no new hold can come between
            // them and the step.
            return txn.compact_step(cluster, limits(cluster));
        }));
    }
    return {};
}

base::Result<void> Compactor::sweep() {
    SNAPGATE_ASSIGN(std::vector<ClusterNumber> deleted, clusters_in(Table::kSweep));
    for (ClusterNumber cluster : deleted) {
        bool more = true;
        while (more && !thread_.stopping()) {
            SNAPGATE_ASSIGN(more, writer_.run_step([cluster](Transaction& txn) {
                return txn.sweep_step(cluster);
            }));
        }
    }
    return {};
}

base::Result<void> Compactor::heal_times() {
    if (clock_.ahead_ms() > kFarAheadMs) {
        clock_.set_to_system();
        heal_due_ = true;
    }
    if (!heal_due_) return {};
    uint64_t heads = 0;
    std::string from;
    do {
        if (thread_.stopping()) return {};
        TimeHealing step;
        SNAPGATE_TRY(writer_.run_step([&step, &from](Transaction& txn) -> base::Result<bool> {
            SNAPGATE_ASSIGN(step, txn.heal_times_step(from));
            return true;
        }));
        heads += step.heads;
        note_ahead(step.ahead_ms);
        from = std::move(step.next);
    } while (!from.empty());
    heal_due_ = false;
    if (!told_ahead_) return {};
    told_ahead_ = false;
    base::log::info("set the store's times back", {{"heads", heads}});
    return {};
}

void Compactor::note_ahead(int64_t ahead_ms) {
    if (ahead_ms <= kFarAheadMs || told_ahead_) return;
    told_ahead_ = true;
    times_ahead_.fetch_add(1, std::memory_order_relaxed);
    base::log::warning(
        "the store holds times that are ahead of the system's clock, which was or is wrong: they "
        "are set back to it",
        {{"aheadSeconds", ahead_ms / 1000}});
}

base::Result<void> Compactor::run() {
    base::MutexLock one_at_a_time(run_mutex_);
    // On a failure the rest goes on: a sweep gives back the room on the disk that this may need.
    const base::Result<void> healed = heal_times();
    SNAPGATE_TRY(sweep());
    bool first_run = false;
    {
        base::MutexLock lock(mutex_);
        first_run = !started_;
    }
    if (first_run) {
        SNAPGATE_ASSIGN(std::vector<ClusterNumber> all, clusters_in(Table::kCluster));
        base::MutexLock lock(mutex_);
        with_history_.insert(all.begin(), all.end());
        started_ = true;
    }
    std::set<ClusterNumber> todo;
    {
        base::MutexLock lock(mutex_);
        todo.swap(with_history_);
    }
    base::Result<void> outcome;
    for (ClusterNumber cluster : todo) {
        bool later = true;
        if (outcome) outcome = run_cluster(cluster, later);
        if (!later) continue;
        base::MutexLock lock(mutex_);
        with_history_.insert(cluster);
    }
    return outcome ? healed : outcome;
}

}  // namespace snapgate::store
