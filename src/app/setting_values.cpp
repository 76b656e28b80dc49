#include "app/setting_values.h"

#include <fmt/format.h>

#include <utility>

#include "base/decimal.h"

namespace snapgate::app {

using base::Code;
using base::Error;
using base::Result;

Error bad_value(std::string message) {
    return {Code::kInvalidParameter, std::move(message)};
}

Result<uint64_t> parse_number(std::string_view text, uint64_t low, uint64_t high) {
    const auto value = base::read_decimal(text, high);
    if (!value || *value < low)
        return bad_value(fmt::format("\"{}\" is not a number from {} to {}", text, low, high));
    return *value;
}

Result<bool> parse_switch(std::string_view text) {
    if (text == "true" || text == "on" || text == "yes") return true;
    if (text == "false" || text == "off" || text == "no") return false;
    return bad_value(fmt::format("\"{}\" is neither on nor off", text));
}

}  // namespace snapgate::app
