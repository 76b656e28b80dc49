#pragma once

#include <cstdint>
#include <string_view>

namespace snapgate::base {

// A checksum of a key and its value, which finds damage and is no protection against somebody who
// wants to be missed. XXH3, since it is read with every object: at about 60 GB a second it costs a
// third of the copy that follows. The result is part of the store's format.
uint32_t checksum(std::string_view key, std::string_view value);
// The same in 64 bits, for what stands for a key and value where only equality counts.
uint64_t checksum_64(std::string_view key, std::string_view value);

}  // namespace snapgate::base
