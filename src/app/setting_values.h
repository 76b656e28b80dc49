#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// How the values of settings are read. The messages of the errors stand behind the setting's name.
namespace snapgate::app {

base::Error bad_value(std::string message);

// A decimal number from `low` to `high`.
base::Result<uint64_t> parse_number(std::string_view text, uint64_t low, uint64_t high);
// true, on or yes; false, off or no.
base::Result<bool> parse_switch(std::string_view text);

}  // namespace snapgate::app
