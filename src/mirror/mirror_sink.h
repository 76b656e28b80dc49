#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "mirror/object_sink.h"
#include "mirror/state_names.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::mirror {

// Where a reflector's objects go: those of one kind of a connected cluster, kept in the store as a
// mirror. `cluster` is the mirror's own number: its head, version and stage are all the mirror's. A
// replacement is staged in the store in small steps and published at once; what was not published
// is given up by the store itself, also after a crash. The list version of each event becomes a
// head of its own. Of what a replacement saw, 16 bytes an object are held until it is published; at
// rest a sink holds nothing. The store outlives it, and so does `names`: where servers share a
// truth, it names the states that are listed; null: they have the lists' own versions.
std::unique_ptr<ObjectSink> make_sink(store::Store& store, model::ClusterNumber cluster,
                                      const cluster::ReflectedKind& kind,
                                      StateNames* names = nullptr);

// The cluster's version at which its mirror stands; "" if none was ever published.
base::Result<std::string> list_version(const store::Store& store, model::ClusterNumber cluster);

}  // namespace snapgate::mirror
