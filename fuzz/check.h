#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace snapgate::fuzz {

// Ends the program, with the input kept by libFuzzer, if what must hold does not.
inline void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline void check_equal(std::string_view a, std::string_view b, const char* what) {
    if (a == b) return;
    std::fprintf(stderr, "does not hold: %s\n--- %.*s\n--- %.*s\n", what,
                 static_cast<int>(a.size()), a.data(), static_cast<int>(b.size()), b.data());
    std::abort();
}

}  // namespace snapgate::fuzz
