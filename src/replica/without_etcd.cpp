// In place of all the other sources, in a build without the client of etcd.
#include "replica/move_in.h"
#include "replica/move_out.h"
#include "replica/replica_store.h"

namespace snapgate::replica {
namespace {

base::Error built_without() {
    return {base::Code::kUnavailable,
            "this program was built without etcd's client: build it with -DSNAPGATE_ETCD=ON"};
}

}  // namespace

base::Result<std::unique_ptr<ReplicaStore>> ReplicaStore::open(Options /*options*/) {
    return built_without();
}

base::Result<MovedIn> move_in(const MoveSource& /*from*/, const Options& /*to*/,
                              const std::function<void(uint64_t objects)>& /*moved*/) {
    return built_without();
}

base::Result<MovedOut> move_out(const Options& /*from*/,
                                const std::function<void(uint64_t objects)>& /*moved*/) {
    return built_without();
}

}  // namespace snapgate::replica
