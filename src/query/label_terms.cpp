#include "query/label_terms.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "base/quote.h"
#include "base/utf8.h"
#include "model/name_faults.h"
#include "query/label_tokens.h"
#include "query/parse_int64.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;
using Operator = LabelTerm::Operator;
using Values = std::set<std::string, std::less<>>;

// A message has so many faults of a term. A selector of 64 KiB would make one of megabytes, as each
// fault has the key and the rule in it.
constexpr size_t kMostFaults = 10;

std::string_view shown(std::string_view text) {
    return base::clip(text, kShownBytes);
}

std::string in_quotes(std::string_view text) {
    return base::quote(shown(text));
}

Error refused(std::string message) {
    return {Code::kInvalidParameter, std::move(message), "labelSelector"};
}

Error found_instead(std::string_view found, std::string_view expected) {
    return refused(fmt::format("found '{}', expected: {}", shown(found), expected));
}

// Reads token by token. Where no operator is possible, "in" and "notin" are ordinary words.
class Parser {
  public:
    explicit Parser(std::string_view selector) : tokens_(split_label_selector(selector)) {}

    Result<std::vector<LabelTerm>> parse() {
        std::vector<LabelTerm> terms;
        while (true) {
            const LabelToken& begin = peek();
            if (begin.type == Type::kEnd) return terms;
            if (!is_word(begin) && begin.type != Type::kNot)
                return found_instead(begin.text, "!, identifier, or 'end of string'");
            auto term = read_term();
            if (!term) return refused("unable to parse requirement: " + term.error().message);
            terms.push_back(std::move(*term));
            if (terms.size() > kMostSelectorTerms)
                return refused(fmt::format("a selector has at most {} terms", kMostSelectorTerms));
            const LabelToken& after = take();
            if (after.type == Type::kEnd) return terms;
            if (after.type != Type::kComma)
                return found_instead(after.text, "',' or 'end of string'");
            if (!is_word(peek()) && peek().type != Type::kNot)
                return found_instead(peek().text, "identifier after ','");
        }
    }

  private:
    using Type = LabelToken::Type;

    static bool is_word(const LabelToken& token) {
        return token.type == Type::kWord || token.type == Type::kIn || token.type == Type::kNotIn;
    }

    const LabelToken& peek() const { return tokens_[at_]; }
    // Never goes beyond the last token, which is the end.
    const LabelToken& take() {
        const LabelToken& token = tokens_[at_];
        if (at_ + 1 < tokens_.size()) ++at_;
        return token;
    }

    Result<LabelTerm> read_term() {
        LabelTerm term;
        const bool negated = peek().type == Type::kNot;
        if (negated) take();
        const LabelToken& key = take();
        if (!is_word(key)) return found_instead(key.text, "identifier");
        term.key = key.text;
        // In Go the path of the fault is nil here, and is printed as such.
        if (const auto faults = model::qualified_name_faults(key.text); !faults.empty()) {
            return refused(fmt::format("<nil>: Invalid value: {}: {}", in_quotes(key.text),
                                       fmt::join(faults, "; ")));
        }
        if (negated || peek().type == Type::kEnd || peek().type == Type::kComma) {
            term.op = negated ? Operator::kNotExists : Operator::kExists;
            return term;
        }
        return read_comparison(std::move(term));
    }

    Result<LabelTerm> read_comparison(LabelTerm term) {
        const LabelToken& op = take();
        Values values;
        switch (op.type) {
            case Type::kIn:
            case Type::kNotIn: {
                term.op = op.type == Type::kIn ? Operator::kIn : Operator::kNotIn;
                SNAPGATE_ASSIGN(values, read_set());
                break;
            }
            case Type::kEquals:
            case Type::kNotEquals:
            case Type::kGreater:
            case Type::kLess: {
                term.op = op.type == Type::kEquals      ? Operator::kIn
                          : op.type == Type::kNotEquals ? Operator::kNotIn
                          : op.type == Type::kGreater   ? Operator::kGreater
                                                        : Operator::kLess;
                SNAPGATE_ASSIGN(values, read_value());
                break;
            }
            default:
                return found_instead(op.text, "in, notin, =, ==, !=, gt, lt");
        }
        values_ += values.size();
        if (values_ > kMostSelectorValues)
            return refused(fmt::format("a selector has at most {} values", kMostSelectorValues));
        return check(std::move(term), values);
    }

    Result<Values> read_set() {
        const LabelToken& open = take();
        if (open.type != Type::kOpen)
            return refused(fmt::format("found '{}' expected: '('", shown(open.text)));
        Values values;
        const LabelToken first = peek();
        if (first.type == Type::kClose) {
            take();
            return values;
        }
        if (!is_word(first) && first.type != Type::kComma)
            return found_instead(first.text, "',', ')' or identifier");
        while (true) {
            const LabelToken& token = take();
            if (is_word(token)) {
                values.insert(token.text);
                if (peek().type == Type::kComma) continue;
                if (peek().type != Type::kClose) return found_instead(peek().text, "',' or ')'");
                break;
            }
            if (token.type != Type::kComma) return found_instead(token.text, "',', or identifier");
            // An empty text between two commas, or at an end, is the empty value.
            if (values.empty()) values.insert("");
            if (peek().type == Type::kClose) {
                values.insert("");
                break;
            }
            if (peek().type == Type::kComma) {
                take();
                values.insert("");
            }
        }
        take();
        return values;
    }

    Result<Values> read_value() {
        if (peek().type == Type::kEnd || peek().type == Type::kComma) return Values{""};
        const LabelToken& value = take();
        if (!is_word(value)) return found_instead(value.text, "identifier");
        return Values{value.text};
    }

    static Result<LabelTerm> check(LabelTerm term, const Values& values) {
        std::vector<std::string> faults;
        const bool set = term.op == Operator::kIn || term.op == Operator::kNotIn;
        if (set && values.empty()) {
            faults.emplace_back(
                "values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't "
                "be empty");
        }
        size_t index = 0;
        for (const std::string& value : values) {
            if (faults.size() >= kMostFaults) break;
            if (!set) {
                if (auto number = parse_int64(value)) {
                    term.number = *number;
                } else {
                    faults.push_back(
                        fmt::format("values[{}]: Invalid value: {}: for 'Gt', 'Lt' operators, the "
                                    "value must be an integer",
                                    index, in_quotes(value)));
                }
            }
            if (const auto wrong = model::label_value_faults(value); !wrong.empty()) {
                faults.push_back(fmt::format("values[{}][{}]: Invalid value: {}: {}", index,
                                             term.key, in_quotes(value), fmt::join(wrong, "; ")));
            }
            ++index;
        }
        if (faults.size() == 1) return refused(std::move(faults.front()));
        if (!faults.empty()) return refused(fmt::format("[{}]", fmt::join(faults, ", ")));
        term.values.assign(values.begin(), values.end());
        return term;
    }

    std::vector<LabelToken> tokens_;
    size_t at_ = 0;
    size_t values_ = 0;  // of all terms so far
};

}  // namespace

Result<std::vector<LabelTerm>> parse_label_terms(std::string_view selector) {
    return Parser(selector).parse();
}

}  // namespace snapgate::query
