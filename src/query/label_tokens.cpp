#include "query/label_tokens.h"

#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace snapgate::query {
namespace {

using Type = LabelToken::Type;

constexpr std::array<std::pair<std::string_view, Type>, 9> kSymbols{{{")", Type::kClose},
                                                                     {",", Type::kComma},
                                                                     {"!", Type::kNot},
                                                                     {"==", Type::kEquals},
                                                                     {"=", Type::kEquals},
                                                                     {">", Type::kGreater},
                                                                     {"<", Type::kLess},
                                                                     {"!=", Type::kNotEquals},
                                                                     {"(", Type::kOpen}}};

bool is_symbol(char c) {
    return std::string_view("=!(),><").find(c) != std::string_view::npos;
}

std::optional<Type> symbol_type(std::string_view text) {
    for (const auto& [symbol, type] : kSymbols) {
        if (symbol == text) return type;
    }
    return std::nullopt;
}

// Takes the longest symbol at the start of `rest`. Every character of a symbol is also a symbol by
// itself.
LabelToken take_symbol(std::string_view& rest) {
    size_t length = 1;
    while (length < rest.size() && is_symbol(rest[length]) &&
           symbol_type(rest.substr(0, length + 1)))
        ++length;
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(length);
    return {symbol_type(text).value_or(Type::kUnknown), std::string(text)};
}

LabelToken take_word(std::string_view& rest) {
    size_t length = 0;
    while (length < rest.size() && !is_symbol(rest[length]) && !base::is_white_space(rest[length]))
        ++length;
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(length);
    const Type type = text == "in" ? Type::kIn : text == "notin" ? Type::kNotIn : Type::kWord;
    return {type, std::string(text)};
}

}  // namespace

std::vector<LabelToken> split_label_selector(std::string_view selector) {
    // Kubernetes' lexer ends at a zero byte and ignores the text after it. Here a zero byte is an
    // ordinary character, which no key and no value has.
    std::string_view rest = selector;
    std::vector<LabelToken> tokens;
    while (true) {
        while (!rest.empty() && base::is_white_space(rest.front())) rest.remove_prefix(1);
        if (rest.empty()) break;
        tokens.push_back(is_symbol(rest.front()) ? take_symbol(rest) : take_word(rest));
    }
    tokens.emplace_back();
    return tokens;
}

}  // namespace snapgate::query
