#pragma once

#include <string>
#include <string_view>

#include "remote/failure.h"

namespace snapgate::cli {

// Asks on the terminal `fd` (standard input) for a line that is not shown while it is typed. The
// terminal is restored when this returns, also after Ctrl-C, which gives kRefused.
Outcome<std::string> ask_secret(int fd, std::string_view question);

}  // namespace snapgate::cli
