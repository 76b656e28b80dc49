#pragma once

#include <string_view>

namespace snapgate::cli {

// Scripts that have a shell ask `snapgate __complete WORD...` what may stand in place of the last
// word. It answers with a line that says what else may stand there ("words" for nothing, "files"
// or "folders"), and then one line for each word, with its help after a tab.
std::string_view bash_completion();
std::string_view zsh_completion();

}  // namespace snapgate::cli
