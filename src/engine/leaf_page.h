#pragma once

#include <string_view>

namespace snapgate::engine {

// Whether a leaf page is one that LMDB can have written: a leaf's header, at least one row, all
// rows within the page, in order of their keys, and without room between them. A page that was
// damaged there would lead LMDB past rows that it holds. Values are not looked at: rows have
// checksums.
//
// It is asked for each leaf that a reader comes to, so it only says yes or no. tree_check.h says of
// a whole file what is wrong where. `page` is as long as a page of the file; nothing in it is
// trusted. Any thread.
bool is_sound_leaf(std::string_view page);

}  // namespace snapgate::engine
