#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// Cuts a stream of JSON, as it arrives, into the texts of its items: the elements of an "items"
// array of a top-level object (a List), the elements of a top-level array, and top-level objects
// themselves (single objects, JSON lines, watch frames), any number of these one after another with
// any white space between. Finds boundaries only; whoever takes an item parses it whole. Memory:
// one item and the list's envelope. Not thread-safe; one splitter a stream.
class ItemSplitter {
  public:
    // Called with each item's text, in order; the view is good during the call. An error it returns
    // ends the stream and comes back from feed().
    using Sink = std::function<base::Result<void>(std::string_view item)>;

    explicit ItemSplitter(Sink sink, size_t max_item_bytes = 2 << 20);

    // kInvalidBody where the bytes can be no such stream, with the number of the item (from 0) and
    // the byte; kTooLarge for an item or envelope over the cap.
    base::Result<void> feed(std::string_view chunk);
    // At the end of the stream: kInvalidBody if it ends within a value.
    base::Result<void> finish();

    size_t items() const;  // handed to the sink so far
    // The text of the newest list's envelope: the list with its "items" emptied; "" before there
    // was one. Complete once the list has ended.
    std::string_view envelope() const;

  private:
    // (owner of this header: fill in)
};

}  // namespace snapgate::json
