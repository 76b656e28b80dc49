#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// Small documents: requests, records, configuration. (Objects by the million go through object.h.)
using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

// Parses one whole JSON text. kInvalidBody with where and why if it is none, is nested deeper than
// 64, or has a key twice in one object.
base::Result<Value> parse(std::string_view text);
std::string serialize(const Value& value);
// An object as such: as a Value it would be a copy of itself.
std::string serialize(const Object& object);
// The same over several lines, indented by two.
std::string serialize_pretty(const Value& value);

// The member `name` of an object as a string; "" if it is absent or null; kInvalidBody naming it
// if it is anything else.
base::Result<std::string> optional_string(const Object& object, std::string_view name);
// kInvalidBody naming the first member of `object` that is not in `known`.
base::Result<void> refuse_unknown(const Object& object,
                                  std::initializer_list<std::string_view> known);

}  // namespace snapgate::json
