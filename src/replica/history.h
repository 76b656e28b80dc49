#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "etcd/client.h"
#include "replica/copy_state.h"
#include "replica/truth_keys.h"

// Whether etcd still is the etcd that the copy was made from. One that was restored from a backup
// went back: writes that were acknowledged are gone, and it gives their revisions to others.
namespace snapgate::replica {

// What a transaction puts under `head`: two writes of the same revision in two histories differ.
std::string random_head();

// What etcd says of versions. kCorrupt.
struct Offset {
    int64_t offset = 0;
    int64_t revision = 0;  // of the key, 0 if there is none
    int64_t newest = 0;    // etcd's own revision then
};
base::Result<Offset> read_offset(etcd::Client& client, const TruthKeys& keys);

// Whether the copy's newest write is not in etcd's history. False, too, where etcd has compacted
// it.
base::Result<bool> is_other_history(etcd::Client& client, const TruthKeys& keys,
                                    const CopyState& state);

// Raises the offset so far that no version is given out twice, and the number of the next cluster
// so that none is, unless another replica has done so.
base::Result<void> raise_offset(etcd::Client& client, const TruthKeys& keys,
                                const CopyState& state);

}  // namespace snapgate::replica
