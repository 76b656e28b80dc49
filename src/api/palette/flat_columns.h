#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::api::palette {

// Which columns of a flat table are shown, and in what order. Without a choice all are, in the
// order in which its rows are written.
class FlatColumns {
  public:
    static constexpr size_t kMost = 32;  // columns of a table, and columns shown

    FlatColumns() = default;

    // `wanted` are names of columns; none of them chooses all. `head` is the table's first line of
    // CSV, which has all names. kInvalidParameter names one that the table does not have.
    static base::Result<FlatColumns> choose(std::span<const std::string> wanted,
                                            std::string_view head);

    bool all() const { return count_ == 0; }
    // Numbers of columns as rows write them, in the order in which they are shown.
    std::span<const uint8_t> shown() const { return {shown_.data(), count_}; }

  private:
    std::array<uint8_t, kMost> shown_{};
    size_t count_ = 0;
};

}  // namespace snapgate::api::palette
