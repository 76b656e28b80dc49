#pragma once

#include <string_view>

namespace snapgate::cli {

// Whether there is somebody at a terminal to be asked. Where standard input is read for something
// else (`input_taken`), that is the terminal the command was started from.
bool can_ask(bool input_taken);

// Asks a question on stderr, for a line that begins with y or Y; anything else, and the end of the
// input, is no. `question` is safe to be shown.
bool ask(bool input_taken, std::string_view question);

}  // namespace snapgate::cli
