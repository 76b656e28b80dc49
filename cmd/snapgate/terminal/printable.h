#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace snapgate::cli {

// Text from elsewhere on its way to a terminal: what a name or a message holds can neither move the
// cursor, nor turn the writing direction, nor hide itself. All may be called from any thread.

// `text` on one line: line ends and tabs as \n, \r, \t; other control, invisible and direction
// characters as \u0000; bytes that are no UTF-8 as \x00.
std::string printable(std::string_view text);

// Like printable(), for a whole document: its line ends and tabs stay. JSON keeps its meaning, and
// so does YAML made by json::to_yaml(), which contains nothing to escape.
std::string printable_document(std::string_view text);

// printable_document() of a document that comes in pieces, which may end within a character. Used
// by one thread.
class PrintablePieces {
  public:
    // The piece, made printable, up to its last whole character.
    std::string take(std::string_view piece);
    // At the end of the document: what was held back.
    std::string finish() { return printable_document(std::exchange(held_, {})); }

  private:
    std::string held_;  // the beginning of a character
};

// How many columns a terminal needs for `text`, which printable() made.
size_t display_width(std::string_view text);

// What stands in place of what was cut off; the second where only ASCII may be added.
inline constexpr std::string_view kEllipsis = "…";
inline constexpr std::string_view kAsciiEllipsis = "...";

// `text`, which printable() made, cut to `columns` with the ellipsis at its end where it was
// longer.
std::string cut_to(std::string_view text, size_t columns, std::string_view ellipsis = kEllipsis);

// As much of the end of `text`, which printable() made, as fits into `columns`.
std::string_view tail_of(std::string_view text, size_t columns);

}  // namespace snapgate::cli
