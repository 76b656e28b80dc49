#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::query {

// A label selector's smallest parts.
struct LabelToken {
    enum class Type {
        kEnd,
        kWord,
        kIn,
        kNotIn,
        kComma,
        kOpen,
        kClose,
        kNot,
        kEquals,  // "=" and "=="
        kNotEquals,
        kGreater,
        kLess,
        kUnknown,  // symbols that are none of these
    };
    Type type = Type::kEnd;
    std::string text;  // as messages show it
};

// Splits as the lexer of k8s.io/apimachinery's pkg/labels does, but for zero bytes, which end
// nothing. The last token is kEnd.
std::vector<LabelToken> split_label_selector(std::string_view selector);

}  // namespace snapgate::query
