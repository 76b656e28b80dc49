#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "remote/failure.h"

namespace snapgate::cli {

// The flag that gave what the server calls `parameter` (a parameter of a request, or a field of its
// body), among the options that were given, by their names ("-n,--namespace"); "" if none did.
std::string flag_of(std::string_view parameter, const std::vector<std::string>& given);

// Has the message of a failure name the flag that it is about. The server's words are those of the
// API, which whoever typed a flag has never seen.
void name_flag(Failure& failure, const std::vector<std::string>& given);

}  // namespace snapgate::cli
