#include "objects/namespace_sweeper.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/this_thread.h"
#include "objects/object_write.h"
#include "objects/removal.h"
#include "store/walk.h"

namespace snapgate::objects {
namespace {

using base::Result;
using model::ClusterNumber;
using model::Kind;

// A namespace that finalizers hold is looked at again when its cluster changes, but not more often
// than this, and now and then in any case.
constexpr std::chrono::milliseconds kRhythm{500};

}  // namespace

NamespaceSweeper::NamespaceSweeper(store::Store& store, const cluster::ClusterTable& registry,
                                   std::vector<ClusterNumber> clusters, audit::ActionIn actions,
                                   std::chrono::milliseconds fallback)
    : store_(store),
      registry_(registry),
      actions_(std::move(actions)),
      fallback_(fallback),
      pending_(clusters.begin(), clusters.end()) {
    subscription_ =
        store_.subscribe([this](const store::HeadsMoved& heads) { moved(heads.clusters); });
    thread_.start([this] { loop(); });
}

NamespaceSweeper::~NamespaceSweeper() {
    store_.unsubscribe(subscription_);
    thread_.stop();
}

void NamespaceSweeper::wake(ClusterNumber cluster) {
    {
        base::MutexLock lock(mutex_);
        pending_.insert(cluster);
    }
    thread_.wake();
}

void NamespaceSweeper::moved(const std::vector<ClusterNumber>& clusters) {
    {
        base::MutexLock lock(mutex_);
        if (held_.empty()) return;
        for (ClusterNumber cluster : clusters) {
            if (held_.contains(cluster)) pending_.insert(cluster);
        }
        if (pending_.empty()) return;
    }
    thread_.wake();
}

std::set<ClusterNumber> NamespaceSweeper::await_work(bool pause) {
    using Clock = std::chrono::steady_clock;
    if (pause) thread_.pause(kRhythm);
    const auto fallback = Clock::now() + fallback_;
    while (true) {
        bool holds = false;
        {
            base::MutexLock lock(mutex_);
            // Beside what it is woken for, which may be after a long time without work.
            if (Clock::now() >= fallback) pending_.insert(held_.begin(), held_.end());
            if (!pending_.empty()) {
                // Before they are looked at, so that a change meanwhile is not missed.
                held_.insert(pending_.begin(), pending_.end());
                return std::exchange(pending_, {});
            }
            holds = !held_.empty();
        }
        const auto latest = holds ? fallback : base::BackgroundThread::Time::max();
        if (!thread_.wait_for_wake(latest)) return {};
    }
}

void NamespaceSweeper::loop() {
    base::name_this_thread("snapgate-sweep");
    base::run_this_thread_behind_requests();
    bool pause = false;
    while (true) {
        std::set<ClusterNumber> clusters = await_work(pause);
        if (thread_.stopping()) return;
        pause = false;
        for (ClusterNumber cluster : clusters) {
            auto left = sweep(cluster);
            if (thread_.stopping()) return;
            if (!left) {
                base::log::error("cannot empty the namespaces of a cluster: trying again",
                                 {{"error", left.error().message}});
            }
            if (!left || *left) {
                pause = true;
                continue;
            }
            base::MutexLock lock(mutex_);
            held_.erase(cluster);
        }
    }
}

Result<std::vector<std::string>> NamespaceSweeper::going(ClusterNumber cluster) const {
    std::vector<std::string> names;
    store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(auto head, view.head(cluster));
    if (!head) return names;
    model::ObjectKey from;
    SNAPGATE_TRY(store::walk(view.scan(cluster, Kind::kNamespace, head->revision), from,
                             [&names](const store::Found& ns) -> Result<store::Step> {
                                 if (is_going(ns.object)) names.emplace_back(ns.name);
                                 return store::Step::kOn;
                             }));
    return names;
}

Result<bool> NamespaceSweeper::sweep(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(std::vector<std::string> names, going(cluster));
    bool left = false;
    for (const std::string& name : names) {
        auto gone = sweep_namespace(cluster, name);
        // A namespace that cannot be emptied must not hold up the others.
        if (!gone && !thread_.stopping()) {
            base::log::error("cannot empty a namespace: trying again",
                             {{"namespace", name}, {"error", gone.error().message}});
        }
        if (!gone || !*gone) left = true;
    }
    return left;
}

Result<bool> NamespaceSweeper::sweep_namespace(ClusterNumber cluster, const std::string& ns) {
    SNAPGATE_TRY(remove_others(cluster, ns));
    while (!thread_.stopping()) {
        Pass pass{.from = {ns, ""}};
        while (!pass.ended && !thread_.stopping()) SNAPGATE_TRY(step(cluster, ns, pass));
        if (pass.ended && pass.seen == 0) {
            // Nothing can be created in the namespace any more, so an empty one stays empty.
            SNAPGATE_TRY(remove_namespace(cluster, ns));
            return true;
        }
        if (pass.written == 0) return false;
    }
    return false;
}

Result<void> NamespaceSweeper::step(ClusterNumber cluster, const std::string& ns, Pass& pass) {
    auto removal = std::make_shared<Removal>(cluster, rules::DeleteOptions(),
                                             base::format_rfc3339(store_.now_ms()),
                                             store_.batch_objects(), actions_(cluster));
    {
        // A read view must be short: it looks at a bounded number of objects.
        store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(auto head, view.head(cluster));
        pass.ended = !head;
        if (pass.ended) return {};
        size_t looked = 0;
        size_t looked_bytes = 0;
        const auto remove = [&](const store::Found& object) -> Result<store::Step> {
            if (object.ns != ns) return store::Step::kEnd;
            if (looked == store_.batch_objects() || looked_bytes >= store::kBatchBytes)
                return store::Step::kPause;
            ++looked;
            looked_bytes += object.object.value.size();
            ++pass.seen;
            if (auto added = removal->add(object); !added && !pass.failed) {
                pass.failed = true;
                base::log::error(
                    "cannot delete an object with its namespace",
                    {{"namespace", ns}, {"name", object.name}, {"error", added.error().message}});
            }
            return store::Step::kOn;
        };
        SNAPGATE_ASSIGN(
            const bool more,
            store::walk(view.scan(cluster, Kind::kSnapshot, head->revision), pass.from, remove));
        pass.ended = !more;
    }
    if (removal->empty()) return {};
    pass.written += removal->size();
    return store_.write_and_wait(store::Priority::kBatch, Removal::function(removal));
}

Result<void> NamespaceSweeper::remove_others(ClusterNumber cluster, const std::string& ns) {
    const auto rows = registry_.snapshot();
    const auto row = std::ranges::find_if(
        *rows, [cluster](const auto& one) { return one.second.number == cluster; });
    if (row == rows->end()) return {};
    for (const auto& [kind, number] : row->second.others) {
        for (bool done = false; !done && !thread_.stopping();) {
            SNAPGATE_ASSIGN(done, remove_some(number, kind, ns, actions_(cluster)));
        }
    }
    return {};
}

Result<bool> NamespaceSweeper::remove_some(ClusterNumber number, Kind kind, const std::string& ns,
                                           std::shared_ptr<const audit::Action> action) {
    auto found = std::make_shared<std::vector<std::string>>();
    {
        store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(auto head, view.head(number));
        if (!head) return true;
        model::ObjectKey from{ns, ""};
        const auto look = [&](const store::Found& object) -> Result<store::Step> {
            if (object.ns != ns || found->size() == store_.batch_objects())
                return store::Step::kEnd;
            found->emplace_back(object.name);
            return store::Step::kOn;
        };
        SNAPGATE_TRY(store::walk(view.scan(number, kind, head->revision), from, look));
    }
    if (found->empty()) return true;
    // Nothing comes into a namespace that goes, so these are still what was seen.
    SNAPGATE_TRY(store_.write_and_wait(
        store::Priority::kBatch,
        [number, kind, ns, found,
         action = std::move(action)](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(const bool there, txn.has_cluster(number));
            if (!there) return {};
            for (const std::string& name : *found) {
                SNAPGATE_TRY(txn.erase(number, kind, ns, name));
                SNAPGATE_TRY(note_removal(txn, action.get(), kind, {ns, name}));
            }
            return {};
        }));
    return found->size() < store_.batch_objects();
}

Result<void> NamespaceSweeper::remove_namespace(ClusterNumber cluster, const std::string& ns) {
    auto write = std::make_shared<ObjectWrite>();
    write->cluster = cluster;
    write->kind = Kind::kNamespace;
    write->key = {"", ns};
    {
        store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(auto found, view.newest(cluster, Kind::kNamespace, "", ns));
        if (!found) return {};
        write->read_at = found->revision;
    }
    auto outcome = std::make_shared<WriteOutcome>();
    return store_.write_and_wait(store::Priority::kBatch,
                                 write_function(write, outcome, actions_(cluster)));
}

}  // namespace snapgate::objects
