#include "terminal/typed_line.h"

#include <algorithm>

namespace snapgate::cli {
namespace {

constexpr std::string_view kFlag = "--continue";

// Quotes a word for a POSIX shell.
std::string shell_word(std::string_view word) {
    constexpr std::string_view kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos)
        return std::string(word);
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') out += "'\\'";
        out += c;
    }
    return out + "'";
}

}  // namespace

std::string continuing_line(const std::vector<std::string>& typed, std::string_view token) {
    std::vector<std::string> words;
    // After "--" nothing is a flag.
    const auto flags_end = std::ranges::find(typed, "--");
    for (auto word = typed.begin(); word != flags_end; ++word) {
        if (*word == kFlag) {
            if (++word == flags_end) break;
        } else if (!word->starts_with(std::string(kFlag) + "=")) {
            words.push_back(*word);
        }
    }
    words.emplace_back(kFlag);
    words.emplace_back(token);
    words.insert(words.end(), flags_end, typed.end());
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
    return line;
}

}  // namespace snapgate::cli
