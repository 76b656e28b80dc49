#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace snapgate::model {

// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein): a keyed hash that is made for short
// texts. Not for secrets that have to last.
std::array<uint64_t, 2> siphash_128(const std::array<uint64_t, 2>& key, std::string_view text);

}  // namespace snapgate::model
