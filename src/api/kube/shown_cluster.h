#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/form.h"
#include "base/result.h"
#include "json/cluster_annotations.h"

namespace snapgate::api::kube {

// How the items of a list of several clusters tell the cluster that they are from: objects and
// their metadata by two annotations, rows of a Table also by their first cell. Made once for each
// cluster. Immutable; any thread.
class ShownCluster {
  public:
    ShownCluster(std::string_view name, std::string_view uid);

    // Puts it into the item that `out` holds from `from` to its end, in that form and as JSON.
    // kCorrupt if the item has no metadata.
    base::Result<void> put(const Form& form, std::string& out, size_t from) const;

  private:
    std::string cell_;  // the name, and what divides it from the next cell
    json::ClusterAnnotations annotations_;
};

// The columnDefinitions of a Table of a fleet: `columns`, a JSON list, after that of the cluster.
std::string with_cluster_column(std::string_view columns);

}  // namespace snapgate::api::kube
