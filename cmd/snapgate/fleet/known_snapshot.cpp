#include "fleet/known_snapshot.h"

#include <utility>

#include "fleet/fleet_request.h"
#include "fleet/row_fields.h"
#include "json/path.h"

namespace snapgate::cli {

Outcome<KnownOfSnapshot> find_known(Api& api, const Named& cluster, const json::Object& snapshot) {
    const std::string_view ns = json::text_at(snapshot, {"metadata", "namespace"});
    const std::string_view name = json::text_at(snapshot, {"metadata", "name"});
    FleetRequest request = FleetRequest::of_cluster(cluster.uid, "snapshot");
    request.add("namespace", ns);
    // By the VM the server finds its few snapshots at once.
    request.add("vmName", json::text_at(snapshot, {"spec", "source", "name"}));
    request.add("name", name);
    KnownOfSnapshot known;
    SNAPGATE_TRY(each_row(api, std::move(request), [&](const json::Object& row) {
        // An older server answers with a page of objects, which have no name here.
        if (json::text_at(row, {"name"}) == name) {
            known.size = size_of(row);
            known.restores = number_at(row, "restores");
            known.cause = json::text_at(row, {"cause"});
        }
        return base::Result<void>();
    }));
    return known;
}

}  // namespace snapgate::cli
