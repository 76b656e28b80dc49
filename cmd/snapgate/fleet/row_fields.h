#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace snapgate::cli {

// Members of a row that the server answers a question about a fleet with, as texts for people.

// "true" or "false"; what is absent is false.
std::string flag_at(const json::Object& row, std::string_view name);
// As it is written; "" if it is absent.
std::string number_at(const json::Object& row, std::string_view name);
// Of sizeBytes: "30 GiB"; "" if it is not known.
std::string size_of(const json::Object& row);

}  // namespace snapgate::cli
