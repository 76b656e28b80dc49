#include "replica/move_in.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "etcd/client.h"
#include "replica/connect.h"
#include "replica/history.h"
#include "replica/move_mark.h"
#include "replica/truth.h"
#include "replica/truth_keys.h"
#include "replica/truth_values.h"
#include "store/walk.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;
using model::Kind;

// Room in a request for what is no key or value.
constexpr size_t kRoomOfRequest = 64 << 10;
constexpr base::Millis kTransactionTime{10'000};
// How long etcd may be away.
constexpr std::chrono::seconds kMovePatience{30};
constexpr std::chrono::milliseconds kMovePause{500};
constexpr size_t kRowsOfStep = 2'000;
constexpr size_t kNotesOfPage = 256;
constexpr ClusterNumber kPastAll = std::numeric_limits<ClusterNumber>::max();
constexpr store::NoteType kMovedNotes[] = {
    store::NoteType::kDependent, store::NoteType::kDependentsComplete, store::NoteType::kCollect};
constexpr store::RecordType kMovedRecords[] = {
    store::RecordType::kProject, store::RecordType::kCluster, store::RecordType::kKey};

class MoveIn {
  public:
    MoveIn(const MoveSource& from, const Options& to, etcd::Client& client,
           const std::function<void(uint64_t)>& moved)
        : from_(from),
          view_(from.store.read()),
          keys_(to.prefix),
          secret_(to.secret),
          limits_({to.txn_operations, to.request_bytes}),
          client_(client),
          moved_(moved) {
        mark_.store = base::hex(from.store.id());
    }

    Result<MovedIn> run() {
        SNAPGATE_ASSIGN(newest_, view_.newest_state());
        mark_.revision = newest_.revision;
        SNAPGATE_ASSIGN(const bool before, begin());
        if (before) return MovedIn{.objects = 0, .before = true};
        for (ClusterNumber one = 1; one < newest_.next_cluster; ++one)
            SNAPGATE_TRY(put_objects(one));
        mark_.cluster = kPastAll;
        mark_.from = {};
        SNAPGATE_TRY(flush());
        // Small, and their rows may change without a revision: they are put anew each time.
        for (const std::string& prefix : {keys_.clusters(), keys_.notes(), keys_.records()})
            SNAPGATE_TRY(clear(prefix));
        SNAPGATE_TRY(put_clusters());
        SNAPGATE_TRY(put_records());
        SNAPGATE_TRY(flush());
        SNAPGATE_TRY(finish());
        return MovedIn{.objects = mark_.objects};
    }

  private:
    struct Limits {
        size_t operations;
        size_t bytes;
    };
    // What stands below the prefix; empty texts for keys that are not there.
    struct There {
        std::string format;
        std::string secret;
        std::string moving;
        int64_t moving_revision = 0;
        std::string origin;
    };

    Result<There> look() {
        etcd::Txn read;
        for (const std::string& key :
             {keys_.format(), keys_.secret(), keys_.moving(), keys_.origin()}) {
            etcd::RangeRequest one;
            one.key = key;
            read.then_ops.emplace_back(std::move(one));
        }
        const auto answer = client_.commit(std::move(read));
        if (!answer) return etcd::to_base(answer.error());
        There there;
        std::string* const values[] = {&there.format, &there.secret, &there.moving, &there.origin};
        for (size_t i = 0; i < std::size(values) && i < answer->answers.size(); ++i) {
            const auto* range = std::get_if<etcd::Range>(&answer->answers[i]);
            if (range == nullptr || range->kvs.empty()) continue;
            *values[i] = range->kvs[0].value;
            if (values[i] == &there.moving) there.moving_revision = range->kvs[0].mod_revision;
        }
        return there;
    }

    // True if the store was moved before.
    Result<bool> begin() {
        SNAPGATE_ASSIGN(const There there, look());
        if (there.format.empty()) {
            SNAPGATE_TRY(begin_anew());
            return false;
        }
        if (there.format == kMovingIn) {
            SNAPGATE_TRY(check_secret(there.secret, secret_));
            SNAPGATE_TRY(go_on(there));
            return false;
        }
        SNAPGATE_TRY(check_layout(there.format, keys_));
        SNAPGATE_TRY(check_secret(there.secret, secret_));
        if (there.origin == origin()) return true;
        if (there.origin.starts_with(mark_.store + " ")) {
            return Error(Code::kConflict,
                         fmt::format("this directory was moved below {} of etcd before, and was "
                                     "written to since then: what replicas wrote there would be "
                                     "lost. Choose another --etcd-prefix",
                                     keys_.all()));
        }
        return Error(Code::kConflict,
                     fmt::format("etcd holds another truth below {}: choose another --etcd-prefix",
                                 keys_.all()));
    }

    std::string origin() const { return fmt::format("{} {}", mark_.store, mark_.revision); }

    Result<void> begin_anew() {
        etcd::Txn txn;
        // Of all keys below the prefix.
        txn.compares.push_back({.key = keys_.all(),
                                .target = etcd::Compare::Target::kVersion,
                                .relation = etcd::Compare::Relation::kEqual,
                                .value = 0,
                                .range_end = etcd::end_of_prefix(keys_.all())});
        const std::pair<std::string, std::string> made[] = {
            {keys_.format(), std::string(kMovingIn)},
            {keys_.secret(), check_of_secret(secret_)},
            {keys_.moving(), encode_mark(mark_)}};
        for (const auto& [key, value] : made)
            txn.then_ops.emplace_back(etcd::Put{.key = key, .value = value});
        const auto begun = client_.commit(std::move(txn));
        if (!begun) return etcd::to_base(begun.error());
        if (!begun->succeeded) {
            return Error(Code::kConflict,
                         fmt::format("etcd holds other keys below {}: choose another --etcd-prefix",
                                     keys_.all()));
        }
        fence_ = begun->header.revision;
        return {};
    }

    // After a move that was cut off.
    Result<void> go_on(const There& there) {
        const auto known = decode_mark(there.moving);
        if (!known || known->store != mark_.store) {
            return Error(Code::kConflict,
                         fmt::format("another directory is being moved below {} of etcd: run that "
                                     "move again, or choose another --etcd-prefix, or remove what "
                                     "it left: etcdctl del --prefix {}",
                                     keys_.all(), keys_.all()));
        }
        fence_ = there.moving_revision;
        const bool same = known->revision == mark_.revision;
        if (same) mark_ = *known;
        mark_.step = known->step;
        // From here on another run of the move finds that this one took its place.
        SNAPGATE_TRY(commit({}));
        return same ? Result<void>() : clear(keys_.objects());
    }

    // Commits the operations, and says in the same transaction how far the move is.
    Result<void> commit(std::vector<etcd::Operation> operations) {
        ++mark_.step;
        const std::string value = encode_mark(mark_);
        operations.emplace_back(etcd::Put{.key = keys_.moving(), .value = value});
        const auto deadline = std::chrono::steady_clock::now() + kMovePatience;
        while (true) {
            etcd::Txn txn;
            txn.compares.push_back(unmoved());
            txn.then_ops = operations;
            etcd::RangeRequest now;
            now.key = keys_.moving();
            txn.else_ops.emplace_back(std::move(now));
            txn.timeout = kTransactionTime;
            const auto done = client_.commit(std::move(txn));
            if (done && done->succeeded) {
                fence_ = done->header.revision;
                return {};
            }
            if (done) return take_lost_answer(*done, value);
            if (done.error().code != etcd::ErrorCode::kUnavailable ||
                std::chrono::steady_clock::now() > deadline)
                return etcd::to_base(done.error());
            std::this_thread::sleep_for(kMovePause);
        }
    }

    etcd::Compare unmoved() const {
        return {.key = keys_.moving(),
                .target = etcd::Compare::Target::kModRevision,
                .relation = etcd::Compare::Relation::kEqual,
                .value = fence_};
    }

    // A transaction whose answer was lost, and which was tried again, finds its own mark.
    Result<void> take_lost_answer(const etcd::Committed& answer, const std::string& value) {
        const auto* range =
            answer.answers.empty() ? nullptr : std::get_if<etcd::Range>(answer.answers.data());
        if (range == nullptr || range->kvs.empty() || range->kvs[0].value != value) {
            return Error(Code::kConflict,
                         "another `snapgate migrate` moves the same directory, or something else "
                         "has changed what this one wrote");
        }
        fence_ = range->kvs[0].mod_revision;
        return {};
    }

    bool has_room(const etcd::Put& put) const {
        // One operation is that of the mark.
        return batch_.size() + 1 < limits_.operations &&
               bytes_ + put.key.size() + put.value.size() + kRoomOfRequest <= limits_.bytes;
    }

    void add(etcd::Put put) {
        bytes_ += put.key.size() + put.value.size();
        batch_.emplace_back(std::move(put));
    }

    Result<void> flush() {
        if (batch_.empty()) return {};
        mark_.objects += std::exchange(batch_objects_, 0);
        bytes_ = 0;
        SNAPGATE_TRY(commit(std::exchange(batch_, {})));
        moved_(mark_.objects);
        return {};
    }

    Result<void> put(std::string key, std::string value) {
        etcd::Put one{.key = std::move(key), .value = std::move(value)};
        if (!has_room(one)) SNAPGATE_TRY(flush());
        add(std::move(one));
        return {};
    }

    Result<void> put_objects(ClusterNumber cluster) {
        if (cluster < mark_.cluster || from_.mirrors.contains(cluster)) return {};
        SNAPGATE_ASSIGN(const auto head, view_.head(cluster));
        if (!head) return {};
        for (const Kind kind : model::kKinds) {
            if (cluster == mark_.cluster && kind < mark_.kind) continue;
            if (cluster != mark_.cluster || kind != mark_.kind) mark_.from = {};
            mark_.cluster = cluster;
            mark_.kind = kind;
            SNAPGATE_TRY(put_objects(cluster, kind, head->revision));
        }
        return {};
    }

    Result<void> put_objects(ClusterNumber cluster, Kind kind, model::Revision revision) {
        bool full = false;
        const auto take = [&](const store::Found& found) -> Result<store::Step> {
            SNAPGATE_ASSIGN(const bool taken, take_object(cluster, kind, found));
            full = !taken;
            return taken ? store::Step::kOn : store::Step::kPause;
        };
        for (bool more = true; more;) {
            SNAPGATE_ASSIGN(more, store::walk(view_.scan(cluster, kind, revision, kRowsOfStep),
                                              mark_.from, take));
            if (full) SNAPGATE_TRY(flush());
        }
        return {};
    }

    // False if there is no room for it in this transaction.
    Result<bool> take_object(ClusterNumber cluster, Kind kind, const store::Found& found) {
        SNAPGATE_ASSIGN(const auto object, prepare_again(found.object, found.ns, found.name));
        etcd::Put one{.key = keys_.object(cluster, kind, found.ns, found.name),
                      .value = encode_truth_object(batch_objects_, object)};
        if (!has_room(one) && batch_.empty()) {
            return Error(Code::kTooLarge,
                         fmt::format("{}/{} has {} bytes, which is more than etcd takes: start its "
                                     "members with a larger --max-request-bytes, and say so with "
                                     "--etcd-max-request-bytes",
                                     found.ns, found.name, one.value.size()));
        }
        if (!has_room(one)) return false;
        add(std::move(one));
        ++batch_objects_;
        return true;
    }

    Result<void> put_clusters() {
        for (ClusterNumber one = 1; one < newest_.next_cluster; ++one) {
            SNAPGATE_ASSIGN(const auto head, view_.head(one));
            if (!head) continue;
            const bool mirror = from_.mirrors.contains(one);
            // The version of a hosted one is that of this transaction, which comes after those of
            // its objects.
            const ClusterChange change{.mirror = mirror,
                                       .place = mirror ? std::nullopt : std::optional<uint16_t>(0)};
            SNAPGATE_TRY(put(keys_.cluster(one), encode_cluster(change)));
            if (mirror) continue;
            for (const store::NoteType type : kMovedNotes) SNAPGATE_TRY(put_notes(one, type));
        }
        return {};
    }

    Result<void> put_notes(ClusterNumber cluster, store::NoteType type) {
        std::string after;
        while (true) {
            SNAPGATE_ASSIGN(const auto notes, view_.notes(cluster, type, {}, after, kNotesOfPage));
            for (const auto& [key, value] : notes)
                SNAPGATE_TRY(put(keys_.note(cluster, type, key), value));
            if (notes.size() < kNotesOfPage) return {};
            after = notes.back().first;
        }
    }

    Result<void> put_records() {
        for (const store::RecordType type : kMovedRecords) {
            SNAPGATE_ASSIGN(const auto records, view_.records(type));
            for (const auto& [id, value] : records)
                SNAPGATE_TRY(put(keys_.record(type, id), value));
        }
        return {};
    }

    // Removes what an earlier run put below the prefix.
    Result<void> clear(const std::string& prefix) {
        while (true) {
            etcd::RangeRequest request;
            request.key = prefix;
            request.range_end = etcd::end_of_prefix(prefix);
            request.limit = static_cast<int64_t>(limits_.operations) - 1;
            request.keys_only = true;
            const auto some = client_.range(std::move(request));
            if (!some) return etcd::to_base(some.error());
            if (some->kvs.empty()) return {};
            std::vector<etcd::Operation> removals;
            for (const etcd::KeyValue& kv : some->kvs)
                removals.emplace_back(etcd::Delete{.key = kv.key});
            SNAPGATE_TRY(commit(std::move(removals)));
        }
    }

    // The truth is there from here on. A run whose answer is lost here finds so when it is
    // repeated.
    Result<void> finish() {
        const uint64_t offset = newest_.revision / kVersionsPerRevision + 1;
        etcd::Txn txn;
        txn.compares.push_back(unmoved());
        const std::pair<std::string, std::string> made[] = {
            {keys_.id(), base::hex(base::random_bytes(store::kStoreIdBytes))},
            {keys_.numbers(), fmt::format_int(newest_.next_cluster).str()},
            {keys_.registry(), {}},
            {keys_.offset(), fmt::format_int(offset).str()},
            {keys_.head(), random_head()},
            {keys_.origin(), origin()},
            {keys_.earlier_token_key(), seal_earlier_token_key(secret_, from_.token_key)},
            {keys_.format(), std::string(kTruthLayout)}};
        for (const auto& [key, value] : made)
            txn.then_ops.emplace_back(etcd::Put{.key = key, .value = value});
        txn.then_ops.emplace_back(etcd::Delete{.key = keys_.moving()});
        txn.timeout = kTransactionTime;
        const auto done = client_.commit(std::move(txn));
        if (!done) return etcd::to_base(done.error());
        if (done->succeeded) return {};
        return Error(Code::kConflict, "another `snapgate migrate` moves the same directory");
    }

    const MoveSource& from_;
    const store::ReadView view_;
    const TruthKeys keys_;
    const std::string secret_;
    const Limits limits_;
    etcd::Client& client_;
    const std::function<void(uint64_t)>& moved_;

    store::StoreState newest_;
    MoveMark mark_;
    int64_t fence_ = 0;  // the revision of etcd that wrote the mark last
    std::vector<etcd::Operation> batch_;
    uint16_t batch_objects_ = 0;
    size_t bytes_ = 0;
};

}  // namespace

Result<MovedIn> move_in(const MoveSource& from, const Options& to,
                        const std::function<void(uint64_t)>& moved) {
    SNAPGATE_ASSIGN(const auto client, connect(to));
    return MoveIn(from, to, *client, moved).run();
}

}  // namespace snapgate::replica
