#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "net/http/http.h"
#include "objects/namespace_sweeper.h"
#include "objects/place.h"
#include "rules/object_rules.h"
#include "store/store.h"

namespace snapgate::objects {

// Writes of single objects of a hosted cluster, for both sides of the API: the rules say what the
// object as it was read becomes, and that is committed if nothing changed meanwhile, else made
// anew. Durable when they return. Errors are in Kubernetes' words; kConflict for a connected
// cluster.

// What they work on; outlives them.
struct HostedStore {
    store::Store& store;
    NamespaceSweeper& namespaces;
};

// What a write left behind.
struct Written {
    // The object as it is stored now, or was last: model::decode_object reads it.
    std::string value;
    bool removed = false;  // it is gone
    bool dry_run = false;  // nothing was stored
    std::vector<std::string> warnings;
};

struct CreateOptions {
    bool dry_run = false;
    bool make_namespace = false;  // of a snapshot: make its namespace if it is not there
};

// The name of `place` may be empty if the body has one or a generateName.
net::Awaitable<base::Result<Written>> create(HostedStore hosted, Place place, rules::Body body,
                                             rules::Writer writer, CreateOptions options);

// What a write makes of the object as it is; asked again if that changed meanwhile. It may keep
// what it refers to: it is not called once change() has returned.
using Decide = std::function<base::Result<rules::Change>(const json::Object& live)>;

net::Awaitable<base::Result<Written>> change(HostedStore hosted, Place place, Decide decide,
                                             bool dry_run);

// A change by the rules of deletion. A Namespace is marked as going: NamespaceSweeper removes what
// is in it, and it.
net::Awaitable<base::Result<Written>> remove(HostedStore hosted, Place place,
                                             rules::DeleteOptions options);

}  // namespace snapgate::objects
