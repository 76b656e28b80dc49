#pragma once

#include <functional>

#include "base/result.h"
#include "json/value.h"
#include "net/awaitable.h"
#include "objects/place.h"
#include "objects/write_context.h"
#include "objects/written.h"
#include "rules/object_rules.h"

namespace snapgate::objects {

// Writes of single objects of a hosted cluster, for both sides of the API: the rules say what the
// object as it was read becomes, and that is committed if nothing changed meanwhile, else made
// anew. Durable when they return. Errors are in Kubernetes' words; kConflict for a connected
// cluster.

struct CreateOptions {
    bool dry_run = false;
    bool make_namespace = false;  // of a snapshot: make its namespace if it is not there
    // The quota of the cluster's project. The writes fill it in.
    std::shared_ptr<const cluster::ObjectQuota> quota = nullptr;
};

// The name of `place` may be empty if the body has one or a generateName.
net::Awaitable<base::Result<Written>> create_hosted(WriteContext context, Place place,
                                                    rules::Body body, rules::Writer writer,
                                                    CreateOptions options);

// What a write makes of the object as it is; asked again if that changed meanwhile. It may keep
// what it refers to: it is not called once change_hosted() has returned. It is called on another
// thread where that may take long (net/server/aside.h), and on one at a time.
using Decide = std::function<base::Result<rules::Change>(const json::Object& live)>;

net::Awaitable<base::Result<Written>> change_hosted(WriteContext context, Place place,
                                                    Decide decide, bool dry_run);

// Makes the object, with this uid, where there is none. Called again if somebody else made it, and
// it is gone by now. It may keep what it refers to, as Decide may.
using MakeNew = std::function<base::Result<rules::Change>(const std::string& uid)>;

// A change of a snapshot, or a new one where there is none: `created` says which. One that a repair
// of the store removed is made anew.
net::Awaitable<base::Result<Written>> apply_hosted(WriteContext context, Place place, Decide decide,
                                                   MakeNew make, bool dry_run);

// A change to what the body says, which outlives the write. If a repair of the store removed the
// object, it is created anew from the body, and `decide` is not asked.
net::Awaitable<base::Result<Written>> replace_hosted(WriteContext context, Place place,
                                                     const rules::Body& body, rules::Writer writer,
                                                     Decide decide, bool dry_run);

// A change by the rules of deletion. A Namespace is marked as going: NamespaceSweeper removes what
// is in it, and it.
net::Awaitable<base::Result<Written>> remove_hosted(WriteContext context, Place place,
                                                    rules::DeleteOptions options);

}  // namespace snapgate::objects
