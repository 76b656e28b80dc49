#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/object.h"
#include "model/types.h"

namespace snapgate::rules {

// json::prepare_snapshot of an object that is imported, held to the rules of one that is created
// through the API, in the same order and the same words: its metadata and what its schema requires,
// then KubeVirt's webhook. Two points are an import's own: generateName makes no name, and the
// resource version that the object brings is kept, so that it must be printable. Any thread may
// call. Errors: those of json::prepare_snapshot; kInvalid with causes.
base::Result<json::Prepared> prepare_import(std::string_view json, const json::Identity& fill);

// The same for an object of any kind that snapgate keeps. Of a kind of which only parts are kept
// nothing is filled in: it needs a uid and a resource version, as kubectl prints them.
struct Dumped {
    model::Kind kind = model::Kind::kSnapshot;
    json::Prepared prepared;
};
// An answer of a Kubernetes API that holds no whole objects (a Table, metadata alone, a Status) is
// refused with what it is, and what to give in its place.
base::Result<Dumped> prepare_dumped(std::string_view json, const json::Identity& fill);

// The message about an object that was not read whole because of its size, by its beginning. A
// large Table comes as one object.
std::string too_large_in_dump(std::string_view beginning);

}  // namespace snapgate::rules
