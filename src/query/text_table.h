#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "query/texts.h"

namespace snapgate::query {

// Finds the texts of one column of a block, each of which it has once, while the block is made: the
// block keeps the texts themselves, of which a row names its own by the index. Belongs to one
// thread.
class TextTable {
  public:
    TextTable() = default;
    // Begins with the texts of another block.
    explicit TextTable(const Texts& texts);

    // The index of a text in `texts`, which it is added to if it is new. They are the same in each
    // call, and nobody else adds to them.
    uint32_t index_of(std::string_view text, Texts& texts);

  private:
    static constexpr uint32_t kNone = UINT32_MAX;

    // The place of the text in slots_, or the free one where it belongs.
    size_t slot_of(std::string_view text, const Texts& texts) const;
    // Makes the slots anew, at least `least` of them, for the first `size` texts.
    void rebuild(size_t least, const Texts& texts);

    // Indexes of texts, each at the place that its hash says or at the next free one. Their number
    // is a power of two, and at least half of them are free.
    std::vector<uint32_t> slots_;
    // Neighbours in the order of the list mostly have the same text.
    uint32_t last_ = kNone;
};

}  // namespace snapgate::query
