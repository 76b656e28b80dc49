#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"

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

inline void check_says_why(const base::Error& error) {
    check(!error.message.empty(), "a refusal says why");
}

// What `read` makes of the input is written by `write` and read again, and is the same then. An
// input that `read` refuses goes to `check_refusal`, with the error.
template <class Read, class Write, class CheckRefusal>
void check_round_trip(std::string_view input, Read read, Write write, CheckRefusal check_refusal) {
    const auto first = read(input);
    if (!first) return check_refusal(first.error());
    const std::string written = write(*first);
    const auto second = read(written);
    check(second.has_value(), "what was written is read");
    check_equal(write(*second), written, "what was written says the same when it is read again");
}

}  // namespace snapgate::fuzz
