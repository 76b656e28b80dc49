#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "model/types.h"

namespace snapgate::mirror {

// The objects of a cluster that cannot be shown: too large, no valid name. Of the first thousand
// that have one the names are known, which is what a comparison with the cluster leaves out. One
// thread.
class SkippedObjects {
  public:
    static constexpr size_t kMostNamed = 1'000;

    void clear();
    // Once more changes nothing. A key without a name is an object whose name was not read.
    void add(const model::ObjectKey& key);
    // One that has no name to be known by, here or in a comparison.
    void add_nameless() {
        ++nameless_;
        ++changes_;
    }
    // It can be shown, or it is gone.
    void remove(const model::ObjectKey& key) { changes_ += named_.erase(key); }

    bool contains(const model::ObjectKey& key) const { return named_.contains(key); }
    bool all_named() const { return others_ == 0; }
    size_t count() const { return named_.size() + others_ + nameless_; }
    // Grows with every change: who compares it knows whether there was one.
    uint64_t changes() const { return changes_; }

  private:
    std::set<model::ObjectKey> named_;
    size_t others_ = 0;
    size_t nameless_ = 0;
    uint64_t changes_ = 0;
};

}  // namespace snapgate::mirror
