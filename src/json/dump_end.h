#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "json/splitter.h"
#include "json/value.h"

namespace snapgate::json {

// Whether a dump shows that it came whole, which removing what it lacks depends on. A list does: it
// has an end, and a page says whether others follow. Objects outside a list, as JSON lines are,
// have no end that could be missed: with one line less they look the same. One for all streams that
// make up a dump, in their order; not thread-safe.
class DumpEnd {
  public:
    // Follows a splitter, until that has ended.
    void follow(ItemSplitter& splitter);
    // The stream that was followed last has ended and had so many items.
    void end_stream(size_t items) { items_before_ += items; }
    // Something in it has no end that could be missed, as a YAML list whose items come last.
    void note_open() { open_ = true; }

    // How many lists and objects outside of lists there were.
    size_t values() const { return values_; }
    // Whether all of it has an end that was seen.
    bool closed() const { return !open_; }
    // Why it says of itself that it is not all that there is; nullopt if it does not.
    std::optional<std::string> missing() const;

  private:
    void take_list(const Object& envelope, size_t items);

    size_t values_ = 0;
    bool open_ = false;
    size_t items_before_ = 0;    // of the streams that have ended
    bool continued_ = false;     // the newest list says that another page follows
    uint64_t wanted_items_ = 0;  // what the pages say that there are, up to their last
    size_t items_ = 0;           // up to the end of the newest list
    std::string other_kind_;     // of a list that can hold no snapshots
};

}  // namespace snapgate::json
