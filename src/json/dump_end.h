#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "json/splitter.h"
#include "json/value.h"

namespace snapgate::json {

// Finds out whether a dump proves that it is complete. An import may only remove the objects that
// the dump lacks if it does. A list proves it: it has an end, and a page says whether others
// follow. Objects outside a list, such as JSON lines, prove nothing: with one line less they look
// complete, too. Use one DumpEnd for all streams of a dump, in their order; not thread-safe.
class DumpEnd {
  public:
    // Follows a splitter until its stream has ended.
    void follow(ItemSplitter& splitter);
    // The last followed stream has ended, after `items` items.
    void end_stream(size_t items) { items_before_ += items; }
    // A part of the dump does not show its end, such as a YAML list whose items come last.
    void note_open() { open_ = true; }

    // The number of lists, and of objects outside lists.
    size_t values() const { return values_; }
    // Whether every part of the dump showed its end.
    bool closed() const { return !open_; }
    // The reason why the dump itself says that it is incomplete; nullopt if it does not say so.
    std::optional<std::string> missing() const;

  private:
    void take_list(const Object& envelope, size_t items);

    size_t values_ = 0;
    bool open_ = false;
    size_t items_before_ = 0;    // items of the streams that have ended
    bool continued_ = false;     // the newest list says that another page follows
    uint64_t wanted_items_ = 0;  // the number of items that the pages announce, up to the last page
    size_t items_ = 0;           // number of items up to the end of the newest list
    std::string other_kind_;     // kind of a list that cannot contain snapshots
};

}  // namespace snapgate::json
