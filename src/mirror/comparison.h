#pragma once

#include <cstdint>

namespace snapgate::mirror {

// What a comparison of a mirror with the cluster's newest list says, at one moment while the watch
// goes on. Decisions alone, no I/O. Any thread.

enum class Verdict : uint8_t {
    kEqual,       // the mirror is, or was on its way, what the list shows
    kWait,        // events that are on their way may explain the difference
    kUnexplained  // no event explains it
};

struct Comparison {
    bool equal = false;     // at the newest version of the mirror that is not after the list's
    bool reached = false;   // the watch has told all up to the list's version
    bool patience = false;  // there is time to wait for more
};
Verdict judge(const Comparison& comparison);

}  // namespace snapgate::mirror
