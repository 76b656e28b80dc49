#include "printable.h"

#include <fmt/format.h>

#include <clocale>
#include <cstdint>
#include <cwchar>
#include <iterator>

namespace snapgate::cli {
namespace {

struct CodePoint {
    uint32_t value = 0;
    size_t length = 0;  // in bytes; 0 if they are no UTF-8
};

CodePoint decode(std::string_view text) {
    auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
    uint32_t value = first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return {};
    return {value, length};
}

// Characters that a terminal acts on or that cannot be seen: controls, direction marks and
// overrides, joiners, separators, tags.
bool is_hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

void append_escaped(uint32_t c, std::string& out) {
    if (c < 0x10000) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {  // a pair, as JSON writes it
        c -= 0x10000;
        fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (c >> 10),
                       0xdc00 + (c & 0x3ff));
    }
}

std::string escape(std::string_view text, bool document) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        CodePoint c = decode(text);
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

size_t display_width(std::string_view text) {
    UnicodeLocale locale;
    size_t columns = 0;
    while (!text.empty()) {
        CodePoint c = decode(text);
        columns += c.length == 0 ? 1 : columns_of(c.value);
        text.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    return columns;
}

std::string cut_to(std::string_view text, size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    UnicodeLocale locale;
    std::string_view rest = text;
    size_t used = 0;
    while (!rest.empty()) {
        CodePoint c = decode(rest);
        size_t width = c.length == 0 ? 1 : columns_of(c.value);
        if (used + width > columns - 1) break;
        used += width;
        rest.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

std::string_view tail_of(std::string_view text, size_t columns) {
    size_t width = display_width(text);
    UnicodeLocale locale;
    while (width > columns) {
        CodePoint c = decode(text);
        width -= c.length == 0 ? 1 : columns_of(c.value);
        text.remove_prefix(c.length == 0 ? 1 : c.length);
    }
    return text;
}

}  // namespace snapgate::cli
