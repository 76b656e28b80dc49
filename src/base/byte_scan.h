#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace snapgate::base {

// Treats eight bytes as one number, for loops over text in which few bytes matter.

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t load_eight(const char* at) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

// Sets the high bit of each zero byte. Only the lowest set bit is certain: bits of higher bytes may
// be set, too.
constexpr uint64_t zero_bytes(uint64_t bytes) {
    return (bytes - kEachByte) & ~bytes & kHighBits;
}
constexpr uint64_t bytes_equal_to(uint64_t bytes, char wanted) {
    return zero_bytes(bytes ^ (kEachByte * static_cast<uint8_t>(wanted)));
}
// Sets the high bit of each byte below `limit`, which is at most 128. Only the lowest set bit is
// certain.
constexpr uint64_t bytes_below(uint64_t bytes, uint8_t limit) {
    return (bytes - kEachByte * limit) & ~bytes & kHighBits;
}

// The number of bytes before the first one that the functions above found; `found` is not zero. On
// a big-endian machine it is 0, as no byte is certain there: the caller looks at each byte.
constexpr size_t bytes_before_first(uint64_t found) {
    if constexpr (std::endian::native == std::endian::little)
        return static_cast<size_t>(std::countr_zero(found)) / 8;
    return 0;
}

}  // namespace snapgate::base
