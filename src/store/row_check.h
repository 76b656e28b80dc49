#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "engine/environment.h"

namespace snapgate::store {

// Takes the key of a row that is wrong, and a sentence that says what is wrong and where.
using RowFaultSink = std::function<void(std::string_view key, std::string_view what)>;

// Holds the rows of a store against each other, in one walk for each table: every value against its
// checksum and its encoding, the facts of objects included; heads, versions, counts, log and index
// of each cluster against its objects. Passes each fault to `tell`, with the number of its cluster
// and the object. Returns their number. The store must be of the present format, and its pages must
// be in order (check_pages). Its memory grows with the number of namespaces and clusters, not with
// that of objects.
//
// A store whose process was killed has no faults, nor has one whose sweep, stage or compaction is
// under way: what they leave is known from the rows of the cluster.
base::Result<uint64_t> check_rows(engine::Environment& environment, const RowFaultSink& tell);

}  // namespace snapgate::store
