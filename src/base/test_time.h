#pragma once

#include <string_view>

#include "base/clock.h"

namespace snapgate::base {

// The length of the wait `name`: `usual`, or, in a build with the CMake option
// SNAPGATE_TEST_TIMES, the time that the environment variable SNAPGATE_TEST_TIMES gives for the
// name, so that tests of long waits are quick. "backoff=20ms,scale=100" sets one time and divides
// every time that it does not name by 100. The variable is read once; a text that cannot be read
// ends the process. Any thread.
Millis test_time(std::string_view name, Millis usual);
// Whether `name` is the environment variable that such a build reads.
bool is_test_variable(std::string_view name);

}  // namespace snapgate::base
