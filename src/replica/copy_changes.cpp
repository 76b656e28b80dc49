#include "replica/copy_changes.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/decimal.h"
#include "base/quote.h"
#include "replica/truth_values.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;
using What = TruthKeys::Address::What;

constexpr size_t kShownKey = 200;

// Takes the events of one revision after another into one transaction of the copy.
class Taker {
  public:
    Taker(store::WriteTxn& txn, const TruthKeys& keys, const store::DeriveFacts& derive_facts,
          Applied& applied)
        : txn_(txn), keys_(keys), derive_facts_(derive_facts), applied_(applied) {}

    Result<void> take(const etcd::Event& event) {
        const int64_t revision = event.kv.mod_revision;
        if (revision != revision_) {
            SNAPGATE_TRY(end_revision());
            revision_ = revision;
        }
        const auto address = keys_.parse(event.kv.key);
        if (!address) return unreadable_key(event.kv.key);
        const bool put = event.type == etcd::Event::Type::kPut;
        switch (address->what) {
            case What::kNumbers: {
                if (!put) return unreadable_key(event.kv.key);
                SNAPGATE_ASSIGN(applied_.state.next_cluster, read_next_cluster(event.kv.value));
                return {};
            }
            case What::kHead:
                if (!put) return unreadable_key(event.kv.key);
                applied_.state.head = event.kv.value;
                applied_.state.head_revision = revision;
                return {};
            case What::kOffset:
                // All versions are others then.
                return Error(Code::kConflict, "etcd was restored from a backup");
            case What::kRecord:
                return take_record(*address, put, event.kv);
            case What::kCluster:
                return take_cluster(address->cluster, put, event.kv);
            case What::kObject:
                return take_object(*address, put, event.kv);
            case What::kNote:
                return take_note(*address, put, event.kv);
            case What::kOther:
                return {};
        }
        return {};
    }

    Result<void> end_revision() {
        // What a cluster's key says of its version is the truth; the places of its deletions are
        // counted here.
        for (const auto& [cluster, version] : versions_) {
            SNAPGATE_ASSIGN(const bool there, txn_.has_cluster(cluster));
            if (there) SNAPGATE_TRY(txn_.set_list_version(cluster, version));
        }
        versions_.clear();
        next_place_ = 0;
        return {};
    }

  private:
    Result<void> take_record(const TruthKeys::Address& address, bool put,
                             const etcd::KeyValue& kv) {
        applied_.records.push_back({address.record, std::string(address.name)});
        if (put) return txn_.put_record(address.record, address.name, kv.value);
        return txn_.erase_record(address.record, address.name);
    }

    Result<void> take_cluster(ClusterNumber cluster, bool put, const etcd::KeyValue& kv) {
        SNAPGATE_ASSIGN(const bool there, txn_.has_cluster(cluster));
        if (!put) {
            versions_.erase(cluster);
            return there ? remove_cluster(txn_, cluster) : Result<void>();
        }
        SNAPGATE_ASSIGN(const ClusterChange change, decode_cluster_change(kv.value));
        if (change.mirror) return there ? Result<void>() : txn_.create_cluster_as(cluster);
        SNAPGATE_ASSIGN(versions_[cluster], version_of(change, kv.mod_revision, offset()));
        if (there) return {};
        SNAPGATE_TRY(txn_.create_cluster_as(cluster));
        // It has a version before it has an object.
        return txn_.set_list_version(cluster, version_of(kv.mod_revision + offset(), next_place_));
    }

    Result<void> take_object(const TruthKeys::Address& address, bool put,
                             const etcd::KeyValue& kv) {
        SNAPGATE_ASSIGN(const bool there, txn_.has_cluster(address.cluster));
        if (!there) return {};
        if (put) {
            SNAPGATE_ASSIGN(const TruthObject object, decode_truth_object(kv.value));
            next_place_ = object.place;
            SNAPGATE_TRY(put_copy(txn_, address, kv, offset(), derive_facts_));
        } else {
            SNAPGATE_TRY(txn_.erase(address.cluster, address.kind, address.ns, address.name));
        }
        const uint16_t place = next_place_++;
        return txn_.set_list_version(address.cluster,
                                     version_of(kv.mod_revision + offset(), place));
    }

    Result<void> take_note(const TruthKeys::Address& address, bool put, const etcd::KeyValue& kv) {
        SNAPGATE_ASSIGN(const bool there, txn_.has_cluster(address.cluster));
        if (!there) return {};
        if (put && address.note == store::NoteType::kListed)
            applied_.listed.push_back(address.cluster);
        if (put) return txn_.put_note(address.cluster, address.note, address.name, kv.value);
        return txn_.erase_note(address.cluster, address.note, address.name);
    }

    int64_t offset() const { return applied_.state.offset; }

    store::WriteTxn& txn_;
    const TruthKeys& keys_;
    const store::DeriveFacts& derive_facts_;
    Applied& applied_;
    int64_t revision_ = 0;
    uint16_t next_place_ = 0;                        // of the revision's changes of objects
    std::map<ClusterNumber, std::string> versions_;  // at the end of the revision
};

}  // namespace

Error unreadable_key(std::string_view key) {
    return {Code::kCorrupt,
            fmt::format("etcd holds the key {}, which this version cannot read: a newer version, "
                        "or something else, wrote it",
                        base::quote(key, kShownKey))};
}

Result<ClusterNumber> read_next_cluster(std::string_view value) {
    const auto number = base::read_decimal(value, std::numeric_limits<ClusterNumber>::max());
    if (number && *number > 0) return static_cast<ClusterNumber>(*number);
    return Error(Code::kCorrupt, "etcd holds no number for the next cluster");
}

Result<void> remove_cluster(store::WriteTxn& txn, ClusterNumber cluster) {
    SNAPGATE_TRY(txn.erase_record(store::RecordType::kMirror, fmt::format_int(cluster).str()));
    return txn.delete_cluster(cluster);
}

Result<void> put_copy(store::WriteTxn& txn, const TruthKeys::Address& address,
                      const etcd::KeyValue& kv, int64_t offset,
                      const store::DeriveFacts& derive_facts) {
    SNAPGATE_ASSIGN(const TruthObject read, decode_truth_object(kv.value));
    SNAPGATE_ASSIGN(model::PreparedObject object,
                    prepare_again(read.object, address.ns, address.name));
    if (derive_facts && address.kind == model::Kind::kSnapshot) {
        SNAPGATE_ASSIGN(object.facts, derive_facts(read.object));
    }
    SNAPGATE_TRY(txn.put(address.cluster, address.kind, object,
                         version_of(kv.mod_revision + offset, read.place)));
    return {};
}

store::WriteFunction take_changes(const TruthKeys& keys, store::DeriveFacts derive_facts,
                                  int64_t after, std::shared_ptr<const etcd::Changes> changes,
                                  std::shared_ptr<Applied> applied) {
    return [&keys, derive_facts = std::move(derive_facts), after, changes = std::move(changes),
            applied = std::move(applied)](store::WriteTxn& txn) -> Result<void> {
        *applied = {};
        SNAPGATE_ASSIGN(const auto state, read_copy_state(txn));
        if (!state || state->applied != after || !state->complete)
            return Error(Code::kConflict, "the copy is not where these changes begin");
        applied->state = *state;
        Taker taker(txn, keys, derive_facts, *applied);
        for (const etcd::Event& event : changes->events) SNAPGATE_TRY(taker.take(event));
        SNAPGATE_TRY(taker.end_revision());
        applied->state.applied = changes->revision;
        return write_copy_state(txn, applied->state);
    };
}

}  // namespace snapgate::replica
