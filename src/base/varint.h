#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::base {

// Numbers of 1 to 10 bytes, as protobuf has them: seven bits a byte, the lowest first; the high bit
// says that another byte follows.

inline void append_varint(uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
    out += static_cast<char>(value);
}

// Takes a number off the front of `rest`; false if it does not end there or is too long, and then
// `rest` and `value` are of no use.
inline bool take_varint(std::string_view& rest, uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
        const auto byte = static_cast<uint8_t>(rest.front());
        rest.remove_prefix(1);
        value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

}  // namespace snapgate::base
