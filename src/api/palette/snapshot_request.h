#pragma once

#include <string>

#include "api/call.h"
#include "objects/place.h"
#include "objects/written.h"
#include "rules/object_rules.h"

namespace snapgate::api::palette {

// What the path and query of /v1/spectroclusters/{uid}/vms/{vmName}/snapshot[/{snapshotName}] name.
struct SnapshotRequest {
    cluster::Cluster cluster;
    std::string vm;
    std::string name;       // empty on a create
    std::string ns;         // of the query, else of a write's body, else `default`
    bool ns_given = false;  // the query names it

    objects::Place place() const { return {cluster, model::Kind::kSnapshot, ns, name}; }
    // The error for a snapshot that is not there, or is another VM's: the same for both.
    base::Error no_such_snapshot() const;
    // The error of a write: one that says that the snapshot is not there says it as above.
    base::Error in_own_words(base::Error error) const;
};

base::Result<SnapshotRequest> read_snapshot_request(const Call& call);

// The body as an object in its Kubernetes form: without status, `fieldsV1` decoded from its Raw,
// apiVersion and kind filled in. Where the query names no namespace the body's counts, and
// `request` has it then: published clients send it nowhere else. kInvalid where the body
// contradicts the path or the query.
net::Awaitable<base::Result<rules::Body>> read_snapshot(Call& call, SnapshotRequest& request);

// Who writes, for the rules. Unknown fields are pruned silently: the published API knows no
// warnings.
rules::Writer writer_of(const Call& call);

// Answers with the object a write left behind.
net::Awaitable<base::Result<void>> respond_snapshot(Call& call, objects::Written written);

}  // namespace snapgate::api::palette
