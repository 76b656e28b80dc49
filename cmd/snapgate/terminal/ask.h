#pragma once

#include <string_view>

namespace snapgate::cli {

// Whether a question can be asked: on the terminal of standard input, or, where that is read for
// something else (`input_taken`), on the controlling terminal.
bool can_ask(bool input_taken);

// Asks a question on stderr and reads a line. True if it begins with y or Y; false for anything
// else, and at the end of the input. `question` must be printable.
bool ask(bool input_taken, std::string_view question);

}  // namespace snapgate::cli
