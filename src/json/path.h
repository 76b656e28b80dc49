#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace snapgate::json {

// Looks into answers without trusting their shape: a member that is missing or of another type is
// null or "". Views are valid as long as the object.
const Value* value_at(const Object& object, std::initializer_list<std::string_view> path);
std::string_view text_at(const Object& object, std::initializer_list<std::string_view> path);
const Array* array_at(const Object& object, std::initializer_list<std::string_view> path);
// The texts of an array, which may be null; other elements are passed over.
std::vector<std::string> texts_in(const Array* array);

}  // namespace snapgate::json
