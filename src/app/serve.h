#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace snapgate::app {

// (name, value) pairs of a command line, a switch's value "true".
using Flags = std::vector<std::pair<std::string, std::string>>;

// `snapgate serve`: runs the server until SIGTERM or SIGINT, on a process that has no other threads
// yet. kInvalidParameter if a setting is wrong; then nothing was done. False if the server could
// not start; the log says why.
base::Result<bool> serve(const Flags& flags);

}  // namespace snapgate::app
