#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "json/cluster_answers.h"
#include "json/splitter.h"

namespace snapgate::json {

// Reads one list of a cluster as it arrives: each item goes to a taker as a text, and what stands
// around them is the list's head. A list whose items are missing or null is empty: Go writes a
// slice that was never made as null, and some servers leave it out. Memory: one item and the head.
// One reader for each answer; not thread-safe.
class ListReader {
  public:
    // As of ItemSplitter: an error of the taker ends the list and is what feed() returns.
    explicit ListReader(ItemSplitter::Sink item);
    ListReader(const ListReader&) = delete;
    ListReader& operator=(const ListReader&) = delete;

    // From now on an item over the cap is skipped, and `beginning` gets its beginning.
    void pass_over_too_large(ItemSplitter::Sink beginning) {
        splitter_.pass_over_too_large(std::move(beginning));
    }

    // kInvalidBody for what can be no list.
    base::Result<void> feed(std::string_view piece) { return splitter_.feed(piece); }
    // At the end of the answer. kInvalidBody unless it was one whole list.
    base::Result<ListHead> finish();
    // The head while items come, if it stood before them; nullopt where it is not known yet.
    std::optional<ListHead> head_before_items() const;

  private:
    base::Result<void> count_value();

    ItemSplitter splitter_;
    size_t values_ = 0;       // of the answer that have ended
    bool is_single_ = false;  // the object that comes is no item of a list
    std::string single_;      // it
};

}  // namespace snapgate::json
