#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "json/request_body.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kEnd = "unexpected end of JSON input";

// A byte in quotes, as Go's scanner shows it.
std::string quoted(char c) {
    if (c == '\'') return R"('\'')";
    if (c == '"') return R"('"')";
    if (c == '\\') return R"('\\')";
    if (c == '\n') return R"('\n')";
    if (c == '\r') return R"('\r')";
    if (c == '\t') return R"('\t')";
    auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7f) return fmt::format("'\\x{:02x}'", byte);
    if (byte < 0x80) return fmt::format("'{}'", c);
    if (byte < 0xa0 || byte == 0xad) return fmt::format("'\\u{:04x}'", byte);
    // Go takes the byte for a character of Latin-1.
    std::string out = "'";
    out += static_cast<char>(0xc0 | (byte >> 6));
    out += static_cast<char>(0x80 | (byte & 0x3f));
    return out + "'";
}

// Reads JSON as the states of Go's scanner do, without recursion, up to the first fault.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::string scan() {
        if (!value()) return fault_;
        while (!open_.empty())
            if (!next_in_collection()) return fault_;
        skip_blanks();
        if (at_ < text_.size()) invalid("after top-level value");
        return fault_;
    }

  private:
    enum class Open : uint8_t { kArray, kObject };

    bool invalid(std::string_view where) {
        if (at_ >= text_.size())
            fault_ = kEnd;
        else
            fault_ = fmt::format("invalid character {} {}", quoted(text_[at_]), where);
        return false;
    }

    void skip_blanks() {
        while (at_ < text_.size() && base::is_white_space(text_[at_])) ++at_;
    }
    bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        if (!next_is(c)) return false;
        ++at_;
        return true;
    }

    // One value, or the beginning of collections that are not empty, up to their first value.
    bool value() {
        while (true) {
            skip_blanks();
            if (take('{')) {
                skip_blanks();
                if (take('}')) return true;
                open_.push_back(Open::kObject);
                if (!key()) return false;
            } else if (take('[')) {
                skip_blanks();
                if (take(']')) return true;
                open_.push_back(Open::kArray);
            } else {
                return scalar();
            }
        }
    }

    bool scalar() {
        if (at_ >= text_.size()) return invalid({});
        switch (text_[at_]) {
            case '"':
                return string();
            case 't':
                return literal("true");
            case 'f':
                return literal("false");
            case 'n':
                return literal("null");
            default:
                if (text_[at_] == '-' || base::is_digit(text_[at_])) return number();
                return invalid("looking for beginning of value");
        }
    }

    bool key() {
        skip_blanks();
        if (!next_is('"')) return invalid("looking for beginning of object key string");
        if (!string()) return false;
        skip_blanks();
        return take(':') || invalid("after object key");
    }

    // What follows a value in the innermost collection.
    bool next_in_collection() {
        skip_blanks();
        bool object = open_.back() == Open::kObject;
        if (take(',')) return object ? key() && value() : value();
        if (take(object ? '}' : ']')) {
            open_.pop_back();
            return true;
        }
        return invalid(object ? "after object key:value pair" : "after array element");
    }

    bool string() {
        ++at_;
        while (at_ < text_.size()) {
            char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<uint8_t>(c) < 0x20) return invalid("in string literal");
            ++at_;
            if (c == '\\' && !escape()) return false;
        }
        return invalid({});
    }

    bool escape() {
        if (at_ >= text_.size()) return invalid({});
        if (!take('u')) {
            if (std::string_view("bfnrt\\/\"").find(text_[at_]) == std::string_view::npos)
                return invalid("in string escape code");
            ++at_;
            return true;
        }
        for (int i = 0; i < 4; ++i, ++at_)
            if (at_ >= text_.size() || !base::is_hex(text_[at_]))
                return invalid("in \\u hexadecimal character escape");
        return true;
    }

    bool literal(std::string_view word) {
        for (size_t i = 0; i < word.size(); ++i, ++at_)
            if (at_ >= text_.size() || text_[at_] != word[i])
                return invalid(fmt::format("in literal {} (expecting '{}')", word, word[i]));
        return true;
    }

    bool digits(std::string_view where) {
        if (at_ >= text_.size() || !base::is_digit(text_[at_])) return invalid(where);
        while (at_ < text_.size() && base::is_digit(text_[at_])) ++at_;
        return true;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits("in numeric literal")) return false;
        if (take('.') && !digits("after decimal point in numeric literal")) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            return digits("in exponent of numeric literal");
        }
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
    std::vector<Open> open_;
    std::string fault_;
};

}  // namespace

std::string syntax_fault(std::string_view text) {
    return Scanner(text).scan();
}

}  // namespace snapgate::json
