#pragma once

#include <string_view>

namespace snapgate::base {

// Whether one handling of a fault is switched off, so that tests/faults/prove can show that a test
// notices its absence. Always false, and gone from the code, unless built with the CMake option
// SNAPGATE_FAULT_SWITCHES; such a build reads the names, comma separated, from the environment's
// SNAPGATE_DISABLED_FAULTS, once. All names are in tests/faults/faults.yaml. Any thread.
#ifdef SNAPGATE_FAULT_SWITCHES
bool fault_disabled(std::string_view name);
// Whether it is one of the variables that such a build reads.
bool is_fault_variable(std::string_view name);
#else
constexpr bool fault_disabled(std::string_view /*name*/) {
    return false;
}
constexpr bool is_fault_variable(std::string_view /*name*/) {
    return false;
}
#endif

}  // namespace snapgate::base
