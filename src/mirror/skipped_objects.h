#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "json/cluster_answers.h"
#include "model/types.h"

namespace snapgate::mirror {

// The objects of a cluster that cannot be shown: too large, no valid name. Of the first thousand
// that have one the names are known, which is what a comparison with the cluster leaves out. The
// first thousand since clear() are logged. One thread.
class SkippedObjects {
  public:
    static constexpr size_t kMostNamed = 1'000;

    // For the log: the cluster's name, and the kind as its API calls it.
    SkippedObjects(std::string cluster, std::string_view kind)
        : cluster_(std::move(cluster)), kind_(kind) {}

    void clear();
    // One whose name is known already changes nothing but example(). One that has no name, or comes
    // after the first thousand, is counted each time that it comes, and until clear(). `is_whole`:
    // the object was read completely; if it has no name then, comparisons need not leave it out.
    void add(const json::ObjectHead& head, std::string_view why, bool is_whole = true);
    // One of which only the beginning was read, because it is larger than json::kMaxObjectBytes.
    void add_too_large(const json::ObjectHead& head);
    // It can be shown, or it is gone.
    void remove(const json::ObjectHead& head);

    bool contains(const model::ObjectKey& key) const { return named_.contains(key); }
    // Whether a comparison can leave out all that have to be left out.
    bool all_named() const { return others_ == 0; }
    size_t count() const { return named_.size() + others_ + nameless_; }
    // Grows with every change: who compares it knows whether there was one.
    uint64_t changes() const { return changes_; }
    // namespace/name of the last one that was added, and why; "" once there are none.
    const std::string& example() const { return example_; }

  private:
    // False if the key was known.
    bool add_key(const model::ObjectKey& key, bool is_whole);

    std::string cluster_;
    std::string kind_;
    std::set<model::ObjectKey> named_;
    size_t others_ = 0;
    size_t nameless_ = 0;
    size_t logged_ = 0;
    uint64_t changes_ = 0;
    std::string example_;
};

}  // namespace snapgate::mirror
