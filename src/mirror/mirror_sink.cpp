#include "mirror/mirror_sink.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "commit/commit.h"
#include "json/metadata_text.h"
#include "json/object.h"
#include "mirror/mirrored.h"
#include "mirror/name_taker.h"
#include "model/seen_names.h"
#include "net/await.h"
#include "store/walk.h"

namespace snapgate::mirror {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;
using model::ObjectKey;
using model::PreparedObject;
using store::Priority;

// Whether the stored object has the same bytes as this one.
bool holds(const model::StoredObject& stored, const PreparedObject& object) {
    if (!model::same_but_version(stored, object)) return false;
    return model::encode_object(object, object.version) == stored.value;
}

// Within a write: stores the object unless it is there already. False if it was.
Result<bool> put_if_changed(store::WriteTxn& txn, Mirrored mirrored, const PreparedObject& object) {
    const auto [cluster, kind] = mirrored;
    SNAPGATE_ASSIGN(const auto known, txn.get(cluster, kind, object.ns, object.name));
    if (known) {
        const bool same_uid = json::read_uid(known->object) == object.uid;
        // A restored cluster gives the same versions to other contents.
        if (same_uid && known->object.version == object.version && holds(known->object, object))
            return false;
        // A watcher sees the old object go and the new one come.
        if (!same_uid) SNAPGATE_TRY(txn.erase(cluster, kind, object.ns, object.name));
    }
    SNAPGATE_TRY(txn.put(cluster, kind, object, object.version));
    return true;
}

Error nothing_begun() {
    return {Code::kConflict, "no new list of the cluster was begun"};
}

// What is known of the list that is being taken in.
struct Replacement {
    model::SeenNames seen;
    uint64_t changed = 0;
    ContentDigest digest;  // for StateNames alone
};

// The functions that it hands to the store refer to nothing of the sink: when a coroutine is
// dropped, its sink goes, and a write may still be waiting.
class MirrorSink final : public ObjectSink {
  public:
    MirrorSink(store::Store& store, Mirrored mirrored, StateNames* names)
        : store_(store), mirrored_(mirrored), names_(names) {}

    Result<std::string> version() const override { return list_version(store_, mirrored_.cluster); }

    net::Awaitable<Result<void>> apply(std::vector<Change> changes) override {
        auto shared = std::make_shared<std::vector<Change>>(std::move(changes));
        store::WriteFunction write = [shared,
                                      mirrored = mirrored_](store::WriteTxn& txn) -> Result<void> {
            const auto [cluster, kind] = mirrored;
            SNAPGATE_TRY(require_cluster(txn, cluster));
            for (const Change& change : *shared) {
                if (change.type == Change::Type::kPut)
                    SNAPGATE_TRY(put_if_changed(txn, mirrored, change.object));
                // A deletion of an unknown object is no error.
                if (change.type == Change::Type::kDelete)
                    SNAPGATE_TRY(txn.erase(cluster, kind, change.key.ns, change.key.name));
                SNAPGATE_TRY(txn.set_list_version(cluster, change.version));
            }
            return {};
        };
        const Move move(moves_);
        co_return co_await commit::one(store_, Priority::kRequest, std::move(write));
    }

    net::Awaitable<Result<void>> begin_replacement() override {
        replacement_.reset();
        store::WriteFunction write = [cluster =
                                          mirrored_.cluster](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn, cluster));
            return txn.open_stage(cluster);
        };
        auto opened = co_await commit::one(store_, Priority::kBatch, std::move(write));
        if (opened) replacement_ = std::make_unique<Replacement>();
        co_return opened;
    }

    net::Awaitable<Result<void>> add(std::vector<PreparedObject> objects) override {
        if (!replacement_) co_return nothing_begun();
        auto shared = std::make_shared<std::vector<PreparedObject>>(std::move(objects));
        std::vector<store::WriteFunction> writes;
        std::vector<std::shared_ptr<uint64_t>> counts;
        for (size_t at = 0, end = 0; at < shared->size(); at = end) {
            for (size_t bytes = 0; end < shared->size() && end - at < store::kBatchObjects &&
                                   (end == at || bytes < store::kBatchBytes);
                 ++end)
                bytes += (*shared)[end].text.size();
            counts.push_back(std::make_shared<uint64_t>(0));
            writes.emplace_back([shared, changed = counts.back(), at, end,
                                 mirrored = mirrored_](store::WriteTxn& txn) -> Result<void> {
                SNAPGATE_TRY(require_cluster(txn, mirrored.cluster));
                *changed = 0;
                for (size_t i = at; i < end; ++i) {
                    SNAPGATE_ASSIGN(const bool put, put_if_changed(txn, mirrored, (*shared)[i]));
                    *changed += put ? 1 : 0;
                }
                return {};
            });
        }
        SNAPGATE_CO_TRY(co_await commit::all(store_, Priority::kBatch, std::move(writes)));
        for (const auto& count : counts) replacement_->changed += *count;
        for (const PreparedObject& object : *shared) {
            replacement_->seen.add(object.ns, object.name);
            if (names_ == nullptr) continue;
            replacement_->digest.add(model::encode_object(object, object.version));
        }
        co_return Result<void>();
    }

    net::Awaitable<Result<Replaced>> publish(std::string version, ToldVersions told) override {
        if (!replacement_) co_return nothing_begun();
        if (version.empty()) {
            co_return Error(Code::kInvalid,
                            "a list without a resource version cannot become a mirror's state");
        }
        SNAPGATE_CO_TRY(co_await erase_unseen());
        SNAPGATE_CO_ASSIGN(const auto known, list_version(store_, mirrored_.cluster));
        if (names_ != nullptr) version = co_await name(std::move(version), known, told);
        const Replaced replaced{replacement_->seen.size(), replacement_->changed, version};
        const bool nothing = replaced.changed == 0 && known == version;
        store::WriteFunction write = [version, nothing, told, cluster = mirrored_.cluster](
                                         store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(require_cluster(txn, cluster));
            if (nothing) return txn.give_up_stage(cluster);
            SNAPGATE_TRY(txn.publish_stage(cluster, version));
            if (told == ToldVersions::kForgotten) return txn.forget_list_versions(cluster);
            return {};
        };
        const Move move(moves_);
        SNAPGATE_CO_TRY(co_await commit::one(store_, Priority::kBatch, std::move(write)));
        replacement_.reset();
        co_return replaced;
    }

    net::Awaitable<void> take_name() override { return taker_.take(); }

    net::Awaitable<Result<Checksum>> checksum(std::string version) const override {
        store::Revision revision = 0;
        std::shared_ptr<void> hold;
        {
            const store::ReadView view = store_.read();
            SNAPGATE_CO_ASSIGN(auto known, revision_of(view, version));
            revision = known;
            hold = store_.hold_history(mirrored_.cluster, revision);
        }
        Checksum sum;
        Visit add = [&sum](const store::Found& one) -> Result<void> {
            SNAPGATE_ASSIGN(const std::string metadata, json::metadata_text(one.object.text));
            sum.add(one.ns, one.name, json::read_uid(one.object), one.object.version, metadata);
            return {};
        };
        SNAPGATE_CO_TRY(co_await visit(store_, mirrored_, revision, std::move(add)));
        co_return sum;
    }

  private:
    net::Awaitable<std::string> name(std::string version, std::string known, ToldVersions told) {
        const bool went_back = told == ToldVersions::kForgotten;
        StateNames::Listed listed;
        listed.state = {std::move(version), replacement_->digest.text()};
        listed.same = replacement_->changed == 0 && !went_back;
        listed.went_back = went_back;
        if (!went_back) listed.known = std::move(known);
        co_return co_await names_->name(mirrored_.cluster, std::move(listed));
    }

    Result<store::Revision> revision_of(const store::ReadView& view,
                                        const std::string& version) const {
        SNAPGATE_ASSIGN(const auto head, view.head(mirrored_.cluster));
        if (!head) return cluster_removed(mirrored_.cluster);
        // An earlier state may have had the same version: the cluster was restored from a backup.
        if (!head->decimal && head->version == version) return head->revision;
        std::optional<store::Revision> known;
        if (!head->decimal) {
            SNAPGATE_ASSIGN(known, view.revision_of(mirrored_.cluster, version));
        }
        if (!known) return Error(Code::kExpired, "the mirror does not know version " + version);
        return *known;
    }

    // Collects names of the head that the list did not hold; true while there are more.
    Result<bool> find_unseen(ObjectKey& at, std::vector<ObjectKey>& unseen) const {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(mirrored_.cluster));
        if (!head) return cluster_removed(mirrored_.cluster);
        const auto collect = [&](const store::Found& one) -> Result<store::Step> {
            if (unseen.size() == store::kBatchObjects) return store::Step::kPause;
            if (!replacement_->seen.has(one.ns, one.name))
                unseen.push_back({std::string(one.ns), std::string(one.name)});
            return store::Step::kOn;
        };
        return store::walk(view.scan(mirrored_.cluster, mirrored_.kind, head->revision, kStepRows),
                           at, collect);
    }

    net::Awaitable<Result<void>> erase_unseen() {
        ObjectKey at;
        bool more = true;
        while (more) {
            auto unseen = std::make_shared<std::vector<ObjectKey>>();
            SNAPGATE_CO_ASSIGN(auto found, find_unseen(at, *unseen));
            more = found;
            if (unseen->empty()) {
                co_await net::yield();
                continue;
            }
            auto erased = std::make_shared<uint64_t>(0);
            store::WriteFunction write =
                [unseen, erased, mirrored = mirrored_](store::WriteTxn& txn) -> Result<void> {
                const auto [cluster, kind] = mirrored;
                SNAPGATE_TRY(require_cluster(txn, cluster));
                *erased = 0;
                for (const ObjectKey& key : *unseen) {
                    SNAPGATE_ASSIGN(const bool there, txn.erase(cluster, kind, key.ns, key.name));
                    *erased += there ? 1 : 0;
                }
                return {};
            };
            SNAPGATE_CO_TRY(co_await commit::one(store_, Priority::kBatch, std::move(write)));
            replacement_->changed += *erased;
        }
        co_return Result<void>();
    }

    store::Store& store_;
    const Mirrored mirrored_;
    StateNames* const names_;
    std::unique_ptr<Replacement> replacement_;  // the one under way: at rest there is none
    const std::shared_ptr<Moves> moves_ = std::make_shared<Moves>();
    NameTaker taker_{store_, mirrored_, names_, moves_};
};

}  // namespace

std::unique_ptr<ObjectSink> make_sink(store::Store& store, ClusterNumber cluster,
                                      const cluster::ReflectedKind& kind, StateNames* names) {
    return std::make_unique<MirrorSink>(store, Mirrored{cluster, kind.stored}, names);
}

Result<std::string> list_version(const store::Store& store, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const auto head, store.read().head(cluster));
    if (!head) return cluster_removed(cluster);
    return head->decimal ? std::string() : head->version;
}

}  // namespace snapgate::mirror
