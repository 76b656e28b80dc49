#include "objects/collector_pass.h"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "objects/collector_edits.h"
#include "objects/removal.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Result;
using model::Kind;
using Act = DependentFate::Act;

// A search for a circle of owners that wait for each other gives up after so many. That many can
// only be made on purpose, and their owner then waits until somebody ends it.
constexpr size_t kMostInCircle = 100'000;

}  // namespace

CollectorPass::CollectorPass(store::Store& store, model::ClusterNumber cluster, Work work,
                             std::shared_ptr<const audit::Action> audit)
    : store_(store), cluster_(cluster), audit_(std::move(audit)), work_(std::move(work)) {}

Result<CollectorPass::Mode> CollectorPass::read_mode(const store::ReadView& view) const {
    SNAPGATE_ASSIGN(const auto owner, find_ownership(view, cluster_, work_.ns, work_.name));
    if (!owner || owner->uid != work_.uid) return Mode::kGone;
    if (owner->orphaning()) return Mode::kOrphaning;
    return owner->waiting() ? Mode::kWaiting : Mode::kNone;
}

Result<CollectorPass::Progress> CollectorPass::step() {
    const auto batch = std::make_shared<CollectorBatch>(cluster_, audit_);
    bool more = false;
    {
        // A read view must be short: it looks at a bounded number of objects.
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
        if (!head) return base::Error(Code::kNotFound, "the cluster is gone");
        const auto read = read_mode(view);
        // Nobody knows what a damaged owner is, until somebody writes or deletes it.
        if (!read && read.error().code == Code::kCorrupt) return Progress::kFailed;
        if (!read) return read.error();
        const Mode mode = *read;
        if (mode_ != mode) round_ = {};
        mode_ = mode;
        if (mode == Mode::kNone || (mode != Mode::kGone && !work_.dependent.empty()))
            return end_work();
        std::vector<std::string> names{work_.dependent};
        if (work_.dependent.empty()) {
            SNAPGATE_ASSIGN(names, dependents(view, cluster_, work_.ns, work_.uid, round_.after,
                                              store_.batch_objects()));
            more = names.size() == store_.batch_objects();
        }
        size_t bytes = 0;
        for (const std::string& name : names) {
            if (bytes >= store::kBatchBytes) {
                more = true;
                break;
            }
            SNAPGATE_ASSIGN(const bool looked, look(view, name, *batch, bytes));
            if (!looked) {
                more = true;
                break;
            }
            round_.after = name;
        }
    }
    SNAPGATE_TRY(commit(batch));
    if (more) return Progress::kMore;
    return conclude();
}

Result<bool> CollectorPass::look(const store::ReadView& view, std::string_view dependent,
                                 CollectorBatch& batch, size_t& bytes) {
    const auto found = view.newest(cluster_, Kind::kSnapshot, work_.ns, dependent);
    // A damaged one has no owners that anybody knows of.
    if (!found && found.error().code == Code::kCorrupt) return true;
    if (!found) return found.error();
    if (!*found) {
        batch.add_stale(work_.ns, work_.uid, dependent);
        return true;
    }
    bytes += (*found)->object.value.size();
    const auto is = read_ownership((*found)->object);
    auto done = is ? Result<void>() : Result<void>(is.error());
    if (is && !is->refers_to(work_.uid)) {
        batch.add_stale(work_.ns, work_.uid, dependent);
    } else if (is && batch.makes_an_owner_wait(*is)) {
        return false;
    } else if (is) {
        done = decide(view, **found, *is, batch);
    }
    if (done) return true;
    // One that cannot be changed must not hold up the others.
    round_.failed = true;
    base::log::error(
        "cannot collect a snapshot: trying again later",
        {{"namespace", work_.ns}, {"name", dependent}, {"error", done.error().message}});
    return true;
}

Result<void> CollectorPass::decide(const store::ReadView& view, const store::Found& dependent,
                                   const Ownership& is, CollectorBatch& batch) {
    const std::string now = base::format_rfc3339(store_.now_ms());
    const CollectorEdit edit{cluster_, dependent, now};
    std::shared_ptr<const ObjectWrite> write;
    DependentFate fate;
    if (mode_ == Mode::kOrphaning) {
        SNAPGATE_ASSIGN(write, drop_references(edit, {work_.uid}));
    } else if (is.going) {
        // Its own finalizers, or its own dependents, hold it.
        if (is.blocks(work_.uid)) round_.blocked = true;
        return {};
    } else {
        SNAPGATE_ASSIGN(fate, fate_of(view, cluster_, work_.ns, dependent.name, is, work_,
                                      mode_ == Mode::kWaiting));
        switch (fate.act) {
            case Act::kRelease: {
                SNAPGATE_ASSIGN(write, drop_references(edit, fate.uids));
                break;
            }
            case Act::kUnblock: {
                SNAPGATE_ASSIGN(write, unblock_owners(edit));
                break;
            }
            case Act::kDelete: {
                using Propagation = rules::DeleteOptions::Propagation;
                if (!is.held && fate.propagation == Propagation::kBackground) {
                    write = removal_of_unheld(cluster_, dependent);
                    break;
                }
                rules::DeleteOptions options;
                options.propagation = fate.propagation;
                SNAPGATE_ASSIGN(write, removal_of(cluster_, dependent, options, now));
                if (fate.propagation == Propagation::kForeground) batch.add_waiting(is.uid);
                break;
            }
        }
    }
    if (write != nullptr) batch.add(std::move(write), fate.gone);
    return {};
}

Result<void> CollectorPass::commit(const std::shared_ptr<CollectorBatch>& batch) {
    if (batch->empty()) return {};
    SNAPGATE_ASSIGN(const auto outcome, CollectorBatch::commit(store_, batch));
    removed_ += outcome.removed;
    updated_ += outcome.updated;
    round_.wrote = round_.wrote || outcome.changed || outcome.removed + outcome.updated > 0;
    return {};
}

// All dependents were looked at.
Result<CollectorPass::Progress> CollectorPass::conclude() {
    if (round_.failed) return Progress::kFailed;
    if (round_.wrote) {
        // Some may be left: those that finalizers hold, and those that changed meanwhile.
        round_ = {};
        return Progress::kMore;
    }
    if (mode_ == Mode::kOrphaning) {
        return change_owner(
            [](const CollectorEdit& edit) { return drop_finalizer(edit, kOrphanFinalizer); });
    }
    if (mode_ != Mode::kWaiting) return end_work();
    if (!round_.blocked) {
        return change_owner(
            [](const CollectorEdit& edit) { return drop_finalizer(edit, kForegroundFinalizer); });
    }
    SNAPGATE_ASSIGN(const bool circle, waits_for_itself());
    // A change of what it waits for notes the work again.
    if (!circle) return end_work();
    return change_owner([](const CollectorEdit& edit) { return unblock_owners(edit); });
}

template <class Edit>
Result<CollectorPass::Progress> CollectorPass::change_owner(const Edit& edit) {
    const auto batch = std::make_shared<CollectorBatch>(cluster_, audit_);
    {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto owner,
                        view.newest(cluster_, Kind::kSnapshot, work_.ns, work_.name));
        const std::string now = base::format_rfc3339(store_.now_ms());
        std::shared_ptr<const ObjectWrite> write;
        if (owner) {
            SNAPGATE_ASSIGN(const Ownership is, read_ownership(owner->object));
            if (is.uid != work_.uid) return Progress::kAgain;
            SNAPGATE_ASSIGN(write, edit(CollectorEdit{cluster_, *owner, now}));
        }
        if (write == nullptr) return Progress::kAgain;
        batch->add(std::move(write), {});
        batch->require(work_);
    }
    SNAPGATE_TRY(commit(batch));
    // What the owner is now says what is left to do.
    return Progress::kAgain;
}

Result<CollectorPass::Progress> CollectorPass::end_work() {
    auto ended = std::make_shared<bool>(false);
    SNAPGATE_TRY(store_.write_and_wait(
        store::Priority::kBatch, [this, ended](store::WriteTxn& txn) -> Result<void> {
            *ended = true;
            SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster_));
            if (!there) return {};
            SNAPGATE_ASSIGN(*ended, finish_work(txn, cluster_, work_));
            return {};
        }));
    return *ended ? Progress::kDone : Progress::kAgain;
}

Result<bool> CollectorPass::waits_for_itself() const {
    std::vector<std::string> waiting{work_.uid};
    std::unordered_set<std::string> seen;
    while (!waiting.empty() && seen.size() < kMostInCircle) {
        const std::string uid = std::move(waiting.back());
        waiting.pop_back();
        std::string after;
        for (bool more = true; more;) {
            const store::ReadView view = store_.read();
            SNAPGATE_ASSIGN(const auto names, dependents(view, cluster_, work_.ns, uid, after,
                                                         store_.batch_objects()));
            more = names.size() == store_.batch_objects();
            for (const std::string& name : names) {
                after = name;
                const auto is = find_ownership(view, cluster_, work_.ns, name);
                if (!is || !*is || !(*is)->blocks(uid)) continue;
                if ((*is)->uid == work_.uid) return true;
                if ((*is)->waiting() && seen.insert((*is)->uid).second)
                    waiting.push_back((*is)->uid);
            }
        }
    }
    return false;
}

}  // namespace snapgate::objects
