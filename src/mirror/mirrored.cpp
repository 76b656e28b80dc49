#include "mirror/mirrored.h"

#include <fmt/format.h>

#include "net/await.h"
#include "store/walk.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;

namespace {

// True while there are more, from `at` on.
Result<bool> visit_some(const store::Store& store, Mirrored mirrored, store::Revision revision,
                        model::ObjectKey& at, const Visit& show) {
    const store::ReadView view = store.read();
    SNAPGATE_TRY(view.replaced_ms(mirrored.cluster, revision));
    return store::walk(view.scan(mirrored.cluster, mirrored.kind, revision, kStepRows), at,
                       [&show](const store::Found& one) -> Result<store::Step> {
                           SNAPGATE_TRY(show(one));
                           return store::Step::kOn;
                       });
}

}  // namespace

Error cluster_removed(ClusterNumber cluster) {
    return {Code::kNotFound, fmt::format("cluster number {} was removed", cluster)};
}

Result<void> require_cluster(store::WriteTxn& txn, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster));
    if (!there) return cluster_removed(cluster);
    return {};
}

net::Awaitable<Result<void>> visit(const store::Store& store, Mirrored mirrored,
                                   store::Revision revision, Visit show) {
    model::ObjectKey at;
    while (true) {
        SNAPGATE_CO_ASSIGN(const bool more, visit_some(store, mirrored, revision, at, show));
        if (!more) co_return Result<void>();
        co_await net::yield();
    }
}

}  // namespace snapgate::mirror
