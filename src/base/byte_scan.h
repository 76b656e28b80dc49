#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace snapgate::base {

// Eight bytes looked at as one number, for loops over text most of which is of no interest.

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t load_eight(const char* at) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

// The high bit of each byte that is zero. Above the first such byte, as the number counts, others
// may be set too.
constexpr uint64_t zero_bytes(uint64_t bytes) {
    return (bytes - kEachByte) & ~bytes & kHighBits;
}
constexpr uint64_t bytes_equal_to(uint64_t bytes, char wanted) {
    return zero_bytes(bytes ^ (kEachByte * static_cast<uint8_t>(wanted)));
}
// The same for those below `limit`, which is at most 128.
constexpr uint64_t bytes_below(uint64_t bytes, uint8_t limit) {
    return (bytes - kEachByte * limit) & ~bytes & kHighBits;
}

// How many bytes of a text stand before the first one found by the functions above; `found` is not
// zero. On a machine of the other byte order none is certain to: the caller looks at each.
constexpr size_t bytes_before_first(uint64_t found) {
    if constexpr (std::endian::native == std::endian::little)
        return static_cast<size_t>(std::countr_zero(found)) / 8;
    return 0;
}

}  // namespace snapgate::base
