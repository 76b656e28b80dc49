#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace snapgate::fuzz {

// What libFuzzer gives, as text; valid as long as the bytes are.
inline std::string_view text_of(const uint8_t* bytes, size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace snapgate::fuzz
