#pragma once

#include <cstdint>
#include <cstdlib>

namespace snapgate::base {

// A number that says how a test runs, such as a seed.
inline uint64_t environment_number(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace snapgate::base
