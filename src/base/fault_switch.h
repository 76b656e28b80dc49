#pragma once

#include <string_view>

namespace snapgate::base {

// Whether the handling of one fault is switched off. tests/faults/prove uses this to show that a
// test fails without the handling. The function is always false, and no code is left of it, unless
// the build has the CMake option SNAPGATE_FAULT_SWITCHES. Such a build reads the names once, comma
// separated, from the environment variable SNAPGATE_DISABLED_FAULTS. All names are in
// tests/faults/faults.yaml. Any thread.
#ifdef SNAPGATE_FAULT_SWITCHES
bool fault_disabled(std::string_view name);
// Whether `name` is one of the environment variables that such a build reads.
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
