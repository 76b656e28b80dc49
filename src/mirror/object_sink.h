#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "mirror/checksum.h"
#include "model/object.h"
#include "model/types.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// What an event of a watch means for the mirror.
struct Change {
    enum class Type {
        kPut,          // ADDED or MODIFIED: `object`
        kDelete,       // `key`
        kVersionOnly,  // the event changes no shown object, only the version
    };
    Type type = Type::kVersionOnly;
    model::PreparedObject object;  // with its version and uid
    model::ObjectKey key;
    std::string version;  // the cluster's resource version after it
};

// What a replacement changed.
struct Replaced {
    uint64_t objects = 0;
    uint64_t changed = 0;  // made, changed or deleted
    // By which the mirror names the state: the list's, or one that servers with the same truth have
    // given to it (state_names.h).
    std::string version;
};

// Whether the versions that were told before a list still name what they named: not after a cluster
// was restored, which tells them again for other states.
enum class ToldVersions : bool { kKept, kForgotten };

// Where a reflector puts what it sees of one kind of object of one cluster. One reflector uses it,
// on one thread. Of the calls that write (apply, begin_replacement, add, publish) there is one at a
// time; version, checksum and take_name may run beside it. Each returns when what it did is on
// disk. After an Error of apply nothing of it was done, and it may be made again. After one of a
// replacement, parts of it may have been done, which nobody sees: nothing but begin_replacement may
// follow. kNotFound: the cluster was removed.
class ObjectSink {
  public:
    virtual ~ObjectSink() = default;

    // The cluster's version that the mirror stands at; "" before the first replacement.
    virtual base::Result<std::string> version() const = 0;

    // Takes in changes, in order; their versions become the mirror's, each at its own revision. A
    // put whose uid is another than the known one's is a deletion and a creation; one that changes
    // nothing (same uid, version and content) and a deletion of something unknown move only the
    // version.
    virtual net::Awaitable<base::Result<void>> apply(std::vector<Change> changes) = 0;

    // A new list of everything: begin, add what it holds in any order, publish. Until then nobody
    // sees any of it; begin gives up one that was not published. What is the same (uid, version
    // and content) is not written again; what was not added is deleted; nothing is published twice.
    virtual net::Awaitable<base::Result<void>> begin_replacement() = 0;
    virtual net::Awaitable<base::Result<void>> add(std::vector<model::PreparedObject> objects) = 0;
    // With kForgotten nobody can go on from a version that was told before it.
    virtual net::Awaitable<base::Result<Replaced>> publish(std::string version,
                                                           ToldVersions told) = 0;

    // A server with the same truth has named a state of the cluster: gives its name to the mirror's
    // state, if it is that one, or becomes so within some seconds. May be dropped while it runs.
    virtual net::Awaitable<void> take_name() { co_return; }

    // Of the state at the cluster's version `version`; kExpired if that is not known (any more).
    virtual net::Awaitable<base::Result<Checksum>> checksum(std::string version) const = 0;
};

}  // namespace snapgate::mirror
