// In place of all the other sources, in a build without the client of etcd.
#include "replica/replica_store.h"

namespace snapgate::replica {

base::Result<std::unique_ptr<ReplicaStore>> ReplicaStore::open(Options /*options*/) {
    return base::Error(base::Code::kUnavailable,
                       "this program was built without etcd's client: build it with "
                       "-DSNAPGATE_ETCD=ON");
}

}  // namespace snapgate::replica
