#include "mirror/mirror_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/fault_switch.h"
#include "json/object.h"
#include "mirror/seen_names.h"
#include "net/await.h"

namespace snapgate::mirror {
namespace {

using base::Code;
using base::Error;
using base::Result;
using cluster::Checksum;
using cluster::Event;
using cluster::Replaced;
using model::ClusterNumber;
using model::Kind;
using model::ObjectKey;
using model::PreparedObject;
using store::Priority;

// What is looked at of the store in one view.
constexpr size_t kStepRows = 2'000;

Error removed(ClusterNumber cluster) {
    return {Code::kNotFound, fmt::format("cluster number {} was removed", cluster)};
}

// Within a write: stores the object unless it is there already. False if it was.
Result<bool> put_if_changed(store::WriteTxn& txn, ClusterNumber cluster,
                            const PreparedObject& object) {
    SNAPGATE_ASSIGN(const auto known, txn.get(cluster, Kind::kSnapshot, object.ns, object.name));
    if (known) {
        SNAPGATE_ASSIGN(const json::Identity identity, json::read_identity(known->object));
        const bool same_uid = identity.uid == object.uid;
        if (same_uid && known->object.version == object.version &&
            !base::fault_disabled("equal-object"))
            return false;
        // Whoever watches sees one go and another come.
        if (!same_uid && !base::fault_disabled("uid-change"))
            SNAPGATE_TRY(txn.erase(cluster, Kind::kSnapshot, object.ns, object.name));
    }
    SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, object, object.version));
    return true;
}

class MirrorSink final : public cluster::ObjectSink {
  public:
    MirrorSink(store::Store& store, ClusterNumber cluster) : store_(store), cluster_(cluster) {}

    Result<PreparedObject> prepare(std::string_view json) const override {
        return json::prepare_mirrored_snapshot(json);
    }

    Result<std::string> version() const override { return list_version(store_, cluster_); }

    net::Awaitable<Result<void>> apply(std::vector<Event> events) override {
        auto shared = std::make_shared<std::vector<Event>>(std::move(events));
        store::WriteFunction write = [this, shared](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn));
            for (const Event& event : *shared) {
                if (event.type == Event::Type::kPut)
                    SNAPGATE_TRY(put_if_changed(txn, cluster_, event.object));
                if (event.type == Event::Type::kDelete) {
                    SNAPGATE_TRY(
                        txn.erase(cluster_, Kind::kSnapshot, event.key.ns, event.key.name));
                }
                SNAPGATE_TRY(txn.set_list_version(cluster_, event.version));
            }
            return {};
        };
        co_return co_await commit(Priority::kRequest, std::move(write));
    }

    net::Awaitable<Result<void>> begin_replacement() override {
        seen_.clear();
        changed_ = 0;
        store::WriteFunction write = [this](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn));
            return txn.open_stage(cluster_);
        };
        co_return co_await commit(Priority::kBatch, std::move(write));
    }

    net::Awaitable<Result<void>> add(std::vector<PreparedObject> objects) override {
        auto shared = std::make_shared<std::vector<PreparedObject>>(std::move(objects));
        size_t at = 0;
        while (at < shared->size()) {
            size_t end = at;
            for (size_t bytes = 0; end < shared->size() && end - at < store::kBatchObjects &&
                                   (end == at || bytes < store::kBatchBytes);
                 ++end)
                bytes += (*shared)[end].text.size();
            auto changed = std::make_shared<uint64_t>(0);
            store::WriteFunction write = [this, shared, changed, at,
                                          end](store::WriteTxn& txn) -> Result<void> {
                SNAPGATE_TRY(require_cluster(txn));
                *changed = 0;
                for (size_t i = at; i < end; ++i) {
                    SNAPGATE_ASSIGN(const bool put, put_if_changed(txn, cluster_, (*shared)[i]));
                    *changed += put ? 1 : 0;
                }
                return {};
            };
            auto done = co_await commit(Priority::kBatch, std::move(write));
            if (!done) co_return done;
            changed_ += *changed;
            at = end;
        }
        for (const PreparedObject& object : *shared) seen_.add(object.ns, object.name);
        co_return Result<void>();
    }

    net::Awaitable<Result<Replaced>> publish(std::string version) override {
        seen_.sort();
        auto erased = co_await erase_unseen();
        if (!erased) co_return std::move(erased).error();
        const Replaced replaced{seen_.size(), changed_ + *erased};
        auto known = list_version(store_, cluster_);
        if (!known) co_return std::move(known).error();
        const bool nothing = replaced.changed == 0 && *known == version;
        store::WriteFunction write = [this, version,
                                      nothing](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn));
            if (nothing) return txn.give_up_stage(cluster_);
            return txn.publish_stage(cluster_, version);
        };
        auto done = co_await commit(Priority::kBatch, std::move(write));
        if (!done) co_return std::move(done).error();
        seen_.clear();
        co_return replaced;
    }

    net::Awaitable<Result<void>> give_up() override {
        seen_.clear();
        store::WriteFunction write = [this](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn));
            return txn.give_up_stage(cluster_);
        };
        co_return co_await commit(Priority::kBatch, std::move(write));
    }

    net::Awaitable<Result<Checksum>> checksum(std::string version) const override {
        store::Revision revision = 0;
        std::shared_ptr<void> hold;
        {
            const store::ReadView view = store_.read();
            auto known = view.revision_of(cluster_, version);
            if (!known) co_return std::move(known).error();
            if (!*known)
                co_return Error(Code::kExpired, "the mirror does not know version " + version);
            revision = **known;
            hold = store_.hold_history(cluster_, revision);
        }
        Checksum sum;
        ObjectKey at;
        while (true) {
            auto more = sum_step(revision, at, sum);
            if (!more) co_return std::move(more).error();
            if (!*more) co_return sum;
            co_await net::yield();
        }
    }

  private:
    Result<void> require_cluster(store::WriteTxn& txn) const {
        SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster_));
        if (!there) return removed(cluster_);
        return {};
    }

    net::Awaitable<Result<void>> commit(Priority priority, store::WriteFunction function) {
        std::function<void(std::function<void(Result<void>)>)> start =
            [this, priority, function = std::move(function)](auto done) mutable {
                store_.write(priority, std::move(function), std::move(done));
            };
        co_return co_await net::await_callback<Result<void>>(std::move(start));
    }

    // Reads some rows; true while there are more, from `at` on.
    Result<bool> sum_step(store::Revision revision, ObjectKey& at, Checksum& sum) const {
        const store::ReadView view = store_.read();
        auto scan = view.scan(cluster_, Kind::kSnapshot, revision, kStepRows);
        SNAPGATE_ASSIGN(bool found, scan.seek(at.ns, at.name));
        while (found) {
            const store::Found& one = scan.found();
            SNAPGATE_ASSIGN(const json::Identity identity, json::read_identity(one.object));
            sum.add(one.ns, one.name, identity.uid, one.object.version);
            SNAPGATE_ASSIGN(found, scan.next());
        }
        if (!scan.exhausted()) return false;
        at = scan.resume_key();
        return true;
    }

    // Collects names of the head that the list did not hold; true while there are more.
    Result<bool> find_unseen(ObjectKey& at, std::vector<ObjectKey>& unseen) const {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
        if (!head) return removed(cluster_);
        auto scan = view.scan(cluster_, Kind::kSnapshot, head->revision, kStepRows);
        SNAPGATE_ASSIGN(bool found, scan.seek(at.ns, at.name));
        while (found) {
            const store::Found& one = scan.found();
            if (unseen.size() == store::kBatchObjects) {
                at = {std::string(one.ns), std::string(one.name)};
                return true;
            }
            if (!seen_.has(one.ns, one.name) && !base::fault_disabled("missing-from-list"))
                unseen.push_back({std::string(one.ns), std::string(one.name)});
            SNAPGATE_ASSIGN(found, scan.next());
        }
        if (!scan.exhausted()) return false;
        at = scan.resume_key();
        return true;
    }

    net::Awaitable<Result<uint64_t>> erase_unseen() {
        uint64_t erased = 0;
        ObjectKey at;
        bool more = true;
        while (more) {
            auto unseen = std::make_shared<std::vector<ObjectKey>>();
            auto found = find_unseen(at, *unseen);
            if (!found) co_return std::move(found).error();
            more = *found;
            if (unseen->empty()) {
                co_await net::yield();
                continue;
            }
            store::WriteFunction write = [this, unseen](store::WriteTxn& txn) -> Result<void> {
                SNAPGATE_TRY(require_cluster(txn));
                for (const ObjectKey& key : *unseen)
                    SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, key.ns, key.name));
                return {};
            };
            auto done = co_await commit(Priority::kBatch, std::move(write));
            if (!done) co_return std::move(done).error();
            erased += unseen->size();
        }
        co_return erased;
    }

    store::Store& store_;
    const ClusterNumber cluster_;
    SeenNames seen_;  // of the replacement under way
    uint64_t changed_ = 0;
};

}  // namespace

std::unique_ptr<cluster::ObjectSink> make_sink(store::Store& store, ClusterNumber cluster) {
    return std::make_unique<MirrorSink>(store, cluster);
}

Result<std::string> list_version(const store::Store& store, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const auto head, store.read().head(cluster));
    if (!head) return removed(cluster);
    return head->decimal ? std::string() : head->version;
}

}  // namespace snapgate::mirror
