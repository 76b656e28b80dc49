#pragma once

#include <string>

#include "base/error.h"

namespace snapgate::base {

// What an error says, followed by the first of its causes ("; field: message") that the message
// does not repeat anyway: where one line has to tell it all.
std::string text_with_causes(const Error& error);

}  // namespace snapgate::base
