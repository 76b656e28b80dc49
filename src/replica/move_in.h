#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "model/types.h"
#include "replica/options.h"
#include "store/store.h"

namespace snapgate::replica {

struct MovedIn {
    uint64_t objects = 0;
    bool before = false;  // an earlier run had moved this store, and nothing was done
};

// A store that nobody writes to.
struct MoveSource {
    const store::Store& store;
    std::set<model::ClusterNumber> mirrors;  // whose objects stay, as each replica keeps its own
    std::string token_key;                   // with which its server signed tokens
};

// Makes the truth below the prefix of what a store holds: its records, notes and objects. Lines of
// the audit trail that wait in the store stay there. `moved` is told how many objects are in etcd.
//
// Until it is complete no replica works with it (kMovingIn), and each transaction compares and puts
// the key `moving`, which says how far the move is. So a move that was cut off goes on where it was
// when it is run again, one of a store that was written to since begins anew, and of two that run
// at once one ends.
//
// Objects get versions of etcd, which are above all that the store gave out, by the offset. Tokens
// that its server gave out are known by their key, and count as too old.
//
// kConflict if the prefix holds anything else, kForbidden if another secret is in use there;
// kTooLarge names an object that etcd does not take; else as etcd's errors. Blocks.
base::Result<MovedIn> move_in(const MoveSource& from, const Options& to,
                              const std::function<void(uint64_t objects)>& moved);

}  // namespace snapgate::replica
