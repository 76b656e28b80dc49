#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// The annotations that tell the cluster of an object in a list of several clusters.
inline constexpr std::string_view kClusterAnnotation = "snapgate.io/cluster";  // its name
inline constexpr std::string_view kClusterUidAnnotation = "snapgate.io/cluster-uid";

// The order in which an object's text has its members.
enum class MemberOrder {
    kSorted,  // by key: an object in its Kubernetes form
    kGo,      // that of Go's ObjectMeta: a PartialObjectMetadata
};

// Both annotations of one cluster, made once and put into many objects. Immutable; any thread.
class ClusterAnnotations {
  public:
    // Of the cluster with that name.
    ClusterAnnotations(std::string_view cluster, std::string_view uid);

    // Puts them into the object whose text `out` holds from `from` to its end, in place of those of
    // these names that it has: such an object was copied from a list. A copy with a few changed
    // bytes: nothing is parsed. kCorrupt if the object has no metadata.
    base::Result<void> put(MemberOrder order, std::string& out, size_t from) const;

  private:
    std::string members_;  // "key":"value","key":"value"
};

}  // namespace snapgate::json
