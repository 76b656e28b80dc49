#pragma once

#include <initializer_list>
#include <string_view>

#include "json/value.h"

namespace snapgate::cli {

// Looks into answers without trusting their shape: what is not there, or is of another type, is
// null or "". Views are good as long as the value.
const json::Value* value_at(const json::Object& object,
                            std::initializer_list<std::string_view> path);
std::string_view text_at(const json::Object& object, std::initializer_list<std::string_view> path);
const json::Array* array_at(const json::Object& object,
                            std::initializer_list<std::string_view> path);

}  // namespace snapgate::cli
