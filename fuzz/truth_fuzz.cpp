// What etcd holds under the prefix is refused, or read as what it says.

#include <cstdint>
#include <string>

#include "check.h"
#include "input.h"
#include "replica/copy_changes.h"
#include "replica/copy_state.h"
#include "replica/move_mark.h"
#include "replica/replica_record.h"
#include "replica/truth_keys.h"
#include "replica/truth_values.h"

namespace {

using snapgate::base::Code;
using snapgate::fuzz::check;
namespace replica = snapgate::replica;
using What = replica::TruthKeys::Address::What;

// A key that is read is the one that is made of what was read.
void check_key(std::string_view key) {
    const replica::TruthKeys keys("p");
    const auto address = keys.parse(key);
    if (!address) return;
    std::string again(key);
    if (address->what == What::kRecord) again = keys.record(address->record, address->name);
    if (address->what == What::kCluster) again = keys.cluster(address->cluster);
    if (address->what == What::kNote)
        again = keys.note(address->cluster, address->note, address->name);
    if (address->what == What::kObject)
        again = keys.object(address->cluster, address->kind, address->ns, address->name);
    check(again == key, "the key is what it says");
}

void check_values(std::string_view value) {
    const auto object = replica::decode_truth_object(value);
    check(object || object.error().code == Code::kCorrupt, "damage is called so");
    if (object) {
        const auto again = replica::prepare_again(object->object, "ns", "name");
        check(again || again.error().code == Code::kCorrupt, "damage is called so");
    }
    const auto change = replica::decode_cluster_change(value);
    check(change || change.error().code == Code::kCorrupt, "damage is called so");
    if (change) {
        // Mirrors have versions of their clusters.
        for (const int64_t offset : {int64_t{0}, int64_t{3}, replica::kMostOffset}) {
            const auto version = replica::version_of(*change, 5, offset);
            check(!version || replica::revision_in(*version), "a version has a revision");
            if (!version) continue;
            const auto back = replica::moved_version(*version, -offset);
            check(back && *back == *replica::version_of(*change, 5, 0), "a move goes back");
        }
    }
    const auto number = replica::read_next_cluster(value);
    check(number || number.error().code == Code::kCorrupt, "damage is called so");
    const auto state = replica::parse_copy_state(std::string(value));
    check(state || state.error().code == Code::kCorrupt, "damage is called so");
    if (const auto mark = replica::decode_mark(value)) {
        check(replica::decode_mark(replica::encode_mark(*mark)) == mark,
              "how far a move is, is written as it was read");
    }
    if (const auto record = replica::decode_replica(value)) {
        const auto again = replica::decode_replica(replica::encode_replica(*record));
        check(again && again->address == record->address && again->version == record->version &&
                  again->since_ms == record->since_ms &&
                  again->certificate == record->certificate && again->proof == record->proof &&
                  again->applied == record->applied,
              "what a replica says of itself is written as it was read");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = snapgate::fuzz::text_of(bytes, size);
    check_key(text);
    check_key("p/" + std::string(text));
    check_values(text);
    return 0;
}
