#pragma once

#include <cstdint>

namespace snapgate::app {

// The bytes of memory that the process may use: what its control group allows, as in a container,
// or else what the machine has.
uint64_t usable_memory();

}  // namespace snapgate::app
