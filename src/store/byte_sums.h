#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/environment.h"
#include "store/keys.h"

namespace snapgate::store {

// Adds up the sizes of the texts of objects, at the heads of their clusters, from the rows of a
// store: for the rows of kBytes, which write transactions keep afterwards.
class ByteSums {
  public:
    // The rows of kCluster and of kObject in the order of their keys; all others are passed over.
    // The value of a damaged row is "": nothing is known of such an object.
    void take(std::string_view key, std::string_view value);

    // The rows of kBytes, by key.
    const std::map<std::string, uint64_t, std::less<>>& rows() const { return sums_; }

  private:
    std::map<ClusterNumber, Revision> heads_;
    std::string object_;  // the last one that was seen at its head: its key without a revision
    std::map<std::string, uint64_t, std::less<>> sums_;
};

// Writes the sums of a store that was last written by a version of this program without them.
// Nothing happens where they are noted. Before the store is used; kCorrupt if its rows cannot be
// walked.
base::Result<void> make_byte_sums(engine::Environment& environment);

}  // namespace snapgate::store
