#pragma once

#include <string>

#include "json/value.h"

namespace snapgate::rules {

// Appends a value as the text that Go's encoding/json makes of it: the keys of objects sorted by
// bytes, without blanks, and with '<', '>' and '&' escaped.
void append_go_json(const json::Value& value, std::string& out);
void append_go_json(const json::Object& object, std::string& out);

}  // namespace snapgate::rules
