#include "terminal/printable.h"

#include <fmt/format.h>

#include <clocale>
#include <cstdint>
#include <cwchar>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace snapgate::cli {
namespace {

using base::CodePoint;
using base::first_character;
using base::is_hidden;

void append_escaped(uint32_t c, std::string& out) {
    if (c < 0x10000) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {  // a pair, as JSON writes it
        c -= 0x10000;
        fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (c >> 10),
                       0xdc00 + (c & 0x3ff));
    }
}

// The length of the printable ASCII at the beginning of `text`.
size_t plain_length(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && text[length] >= 0x20 && text[length] < 0x7f) ++length;
    return length;
}

std::string escape(std::string_view text, bool document) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        // Most text needs no escape.
        const size_t plain = plain_length(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        CodePoint c = first_character(text);
        if (c.length == 0) {
            if (document) {
                out += "\xef\xbf\xbd";
            } else {
                fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                               static_cast<uint8_t>(text.front()));
            }
            text.remove_prefix(1);
            continue;
        }
        if (document && (c.value == '\n' || c.value == '\t')) {
            out += text.front();
        } else if (document && c.value == '\r') {
            out += ' ';  // outside a text, where all of them are escaped, it is a blank
        } else if (!document && c.value == '\n') {
            out += "\\n";
        } else if (!document && c.value == '\r') {
            out += "\\r";
        } else if (!document && c.value == '\t') {
            out += "\\t";
        } else if (is_hidden(c.value)) {
            append_escaped(c.value, out);
        } else {
            out.append(text.substr(0, c.length));
        }
        text.remove_prefix(c.length);
    }
    return out;
}

// wcwidth() asks the thread's locale; this one knows all of Unicode whatever LANG says.
class UnicodeLocale {
  public:
    UnicodeLocale() : before_(uselocale(unicode())) {}
    ~UnicodeLocale() { uselocale(before_); }
    UnicodeLocale(const UnicodeLocale&) = delete;
    UnicodeLocale& operator=(const UnicodeLocale&) = delete;

  private:
    static locale_t unicode() {
        static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;  // null leaves the thread's own in use
    }
    locale_t before_;
};

size_t columns_of(uint32_t c) {
    if (c < 0x80) return 1;
    int width = wcwidth(static_cast<wchar_t>(c));
    return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

std::string printable(std::string_view text) {
    return escape(text, false);
}

std::string printable_document(std::string_view text) {
    return escape(text, true);
}

std::string PrintablePieces::take(std::string_view piece) {
    held_ += piece;
    const std::string text = std::exchange(held_, {});
    // A character has at most four bytes, and all but the first are of the form 10xxxxxx.
    size_t begin = text.size();
    while (begin > 0 && text.size() - begin < 3 &&
           (static_cast<uint8_t>(text[begin - 1]) & 0xc0U) == 0x80)
        --begin;
    const auto lead = begin == 0 ? uint8_t{0} : static_cast<uint8_t>(text[begin - 1]);
    const size_t wanted = lead >= 0xf0 ? 4U : lead >= 0xe0 ? 3U : lead >= 0xc0 ? 2U : 1U;
    const bool whole = wanted <= text.size() - begin + 1;
    const size_t end = whole ? text.size() : begin - 1;
    held_ = text.substr(end);
    return printable_document(std::string_view(text).substr(0, end));
}

size_t display_width(std::string_view text) {
    UnicodeLocale locale;
    size_t columns = 0;
    while (!text.empty()) {
        CodePoint c = first_character(text);
        columns += c.length == 0 ? 1 : columns_of(c.value);
        text.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    return columns;
}

std::string cut_to(std::string_view text, size_t columns, std::string_view ellipsis) {
    if (display_width(text) <= columns) return std::string(text);
    const size_t mark = display_width(ellipsis);
    if (columns < mark) return cut_to(ellipsis, columns, {});
    UnicodeLocale locale;
    std::string_view rest = text;
    size_t used = 0;
    while (!rest.empty()) {
        CodePoint c = first_character(rest);
        size_t width = c.length == 0 ? 1 : columns_of(c.value);
        if (used + width > columns - mark) break;
        used += width;
        rest.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    std::string out(text.substr(0, text.size() - rest.size()));
    return out += ellipsis;
}

std::string_view tail_of(std::string_view text, size_t columns) {
    size_t width = display_width(text);
    UnicodeLocale locale;
    while (width > columns) {
        CodePoint c = first_character(text);
        width -= c.length == 0 ? 1 : columns_of(c.value);
        text.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    return text;
}

}  // namespace snapgate::cli
