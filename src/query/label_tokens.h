#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::query {

// The smallest part of a label selector.
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
        kUnknown,  // any other symbol
    };
    Type type = Type::kEnd;
    std::string text;  // in the form for messages
};

// Splits like the lexer of k8s.io/apimachinery's pkg/labels, except that a zero byte does not end
// the text. The last token is kEnd.
std::vector<LabelToken> split_label_selector(std::string_view selector);

}  // namespace snapgate::query
