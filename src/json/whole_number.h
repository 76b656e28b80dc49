#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "json/value.h"

namespace snapgate::json {

// The whole number that a value is, if it is one from `least` to `most`; nullopt for anything else,
// and for null, which stands for a member that is missing. Any thread.
inline std::optional<int64_t> whole_number(const Value* value,
                                           int64_t least = std::numeric_limits<int64_t>::min(),
                                           int64_t most = std::numeric_limits<int64_t>::max()) {
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const int64_t number = value->get_int64();
    if (number < least || number > most) return std::nullopt;
    return number;
}

// The same for the member `name` of an object.
inline std::optional<int64_t> whole_number(const Object& object, std::string_view name,
                                           int64_t least = std::numeric_limits<int64_t>::min(),
                                           int64_t most = std::numeric_limits<int64_t>::max()) {
    return whole_number(object.if_contains(name), least, most);
}

}  // namespace snapgate::json
