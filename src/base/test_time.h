#pragma once

#include <string_view>

#include "base/clock.h"

namespace snapgate::base {

// How long something is waited for: `usual`, but in a build with the CMake option
// SNAPGATE_FAULT_SWITCHES what the environment's SNAPGATE_TEST_TIMES says for that name, so that
// tests of long waits are quick. "backoff=20ms,scale=100" sets one time and divides every time that
// it does not name by 100. Read once; a text that cannot be read ends the process. Any thread.
#ifdef SNAPGATE_FAULT_SWITCHES
Millis test_time(std::string_view name, Millis usual);
#else
constexpr Millis test_time(std::string_view /*name*/, Millis usual) {
    return usual;
}
#endif

}  // namespace snapgate::base
