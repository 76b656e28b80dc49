#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"

// What the values of etcd's keys hold, and the resource versions that follow from etcd's revisions.
namespace snapgate::replica {

// A resource version is (etcd's revision + offset) * kVersionsPerRevision + the place of the change
// among those of its transaction. The offset is 0 until etcd is restored from a backup: then it is
// raised above all versions that were given out (history.h), since etcd counts its revisions anew.
// What etcd holds has no offset in it. So several changes that etcd takes at once have versions of
// their own, and a client that goes on after one of them misses none; and people read etcd's
// revision in it.
inline constexpr uint64_t kVersionsPerRevision = 1000;
inline constexpr uint16_t kMostChanges = 1000;  // of one transaction
// The largest offset. It leaves room for etcd's own revisions above it.
inline constexpr int64_t kMostOffset = std::numeric_limits<int64_t>::max() / 4000;

// The version of a change. `revision`: with the offset, if there is to be one.
std::string version_of(int64_t revision, uint16_t place);
// The revision in a resource version, with its offset; nullopt if the text is none.
std::optional<int64_t> revision_in(std::string_view version);
// The version whose revision is that much larger, or smaller (by up to kMostOffset). kCorrupt for a
// text that is none, and where the result would be none.
base::Result<std::string> moved_version(std::string_view version, int64_t revisions);

// An object as etcd holds it: a byte for the layout, its place (u16), and what model::encode_object
// makes of it without a resource version.
std::string encode_truth_object(uint16_t place, const model::PreparedObject& object);

struct TruthObject {
    uint16_t place = 0;
    model::StoredObject object;  // views into the value; its version is empty
};
// kCorrupt.
base::Result<TruthObject> decode_truth_object(std::string_view value);

// The object again, without its version, to be stored under its key. `facts` is left empty.
// kCorrupt.
base::Result<model::PreparedObject> prepare_again(const model::StoredObject& object,
                                                  std::string_view ns, std::string_view name);

// The value of a cluster's key: how its newest resource version follows from the key.
struct ClusterChange {
    // Each replica keeps a mirror of its own, whose versions are those of the cluster it mirrors:
    // the key says nothing else, and is put again with a note alone.
    bool mirror = false;
    // The place of the last change in the transaction that put the key; none: that transaction
    // changed no object, and `version` is still the newest.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::optional<uint16_t> place = {};
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string version = {};
};
std::string encode_cluster(const ClusterChange& change);
base::Result<ClusterChange> decode_cluster_change(std::string_view value);
// The newest resource version of a cluster that is no mirror, from its key's value and
// mod_revision.
base::Result<std::string> version_of(const ClusterChange& change, int64_t mod_revision,
                                     int64_t offset);

}  // namespace snapgate::replica
