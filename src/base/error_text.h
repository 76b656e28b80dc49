#pragma once

#include <string>

#include "base/error.h"

namespace snapgate::base {

// The error's message, followed by the first cause that the message does not contain anyway (";
// field: message"). For places where one line must be enough.
std::string text_with_causes(const Error& error);

}  // namespace snapgate::base
