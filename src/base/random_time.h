#pragma once

#include <chrono>
#include <cstdint>

#include "base/crypto.h"

namespace snapgate::base {

// Random times, for those who came together and would else stay together: clusters that were
// connected at once, clients that lost the same server. Any thread.

// From zero to `most`, each with the same probability. `most` is not negative.
template <class Rep, class Period>
std::chrono::duration<Rep, Period> random_up_to(std::chrono::duration<Rep, Period> most) {
    return std::chrono::duration<Rep, Period>(
        static_cast<Rep>(random_below(static_cast<uint64_t>(most.count()) + 1)));
}

// `time` less up to a tenth of it.
inline std::chrono::milliseconds spread(std::chrono::milliseconds time) {
    return time - random_up_to(time / 10);
}

}  // namespace snapgate::base
