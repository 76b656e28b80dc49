#pragma once

#include <cstdint>
#include <string_view>

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

// Whether the cluster's own version, told after `held` was known, shows that its versions went
// back: it was restored, or it is another cluster.
bool went_back(std::string_view held, std::string_view told);

}  // namespace snapgate::mirror
