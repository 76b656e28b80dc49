#include "output/json_path_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace snapgate::cli {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kShownBytes = 20;

// Whether a character ends a name that follows a dot.
bool ends_name(char c) {
    constexpr std::string_view kEnds = " \t\r\n.,[]$@{}()=!<>\"'";
    return kEnds.find(c) != std::string_view::npos;
}

void append_utf8(unsigned c, std::string& out) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
        out += static_cast<char>(0xe0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    }
}

}  // namespace

Result<JsonPath> JsonPathParser::parse() {
    JsonPath path;
    SNAPGATE_ASSIGN(const Ended ended, parse_parts(path.parts_, 0));
    if (ended == Ended::kRange) return wrong("there is no range that {end} could end");
    return path;
}

Result<JsonPathParser::Ended> JsonPathParser::parse_parts(std::vector<Part>& parts,
                                                          unsigned depth) {
    if (depth > JsonPath::kDeepest) return wrong("the ranges are nested too deeply");
    while (!at_end()) {
        if (!take("{")) {
            const std::string_view rest = text_.substr(position_);
            const std::string_view text = rest.substr(0, rest.find('{'));
            position_ += text.size();
            Part part;
            part.text = text;
            part.is_text = true;
            parts.push_back(std::move(part));
            continue;
        }
        skip_blanks();
        if (take_word("end")) {
            skip_blanks();
            if (!take("}")) return wrong("expected } after end");
            return Ended::kRange;
        }
        const size_t begin = position_;
        Part part;
        part.is_range = take_word("range");
        SNAPGATE_TRY(parse_expression(part));
        part.source = text_.substr(begin, position_ - begin - 1);
        // A range that is not ended goes on to the end of the template, as in kubectl.
        if (part.is_range) SNAPGATE_TRY(parse_parts(part.body, depth + 1));
        parts.push_back(std::move(part));
    }
    return Ended::kText;
}

Result<void> JsonPathParser::parse_expression(Part& part) {
    skip_blanks();
    if (!part.is_range && (at("\"") || at("'"))) {
        SNAPGATE_ASSIGN(part.text, parse_quoted());
        part.is_text = true;
        skip_blanks();
    } else {
        SNAPGATE_ASSIGN(part.steps, parse_steps(0));
    }
    if (take("}")) return {};
    return wrong(at_end() ? "expected } at the end of the expression"
                          : "an expression has members like .name, elements like [0], or one text");
}

Result<JsonPath::Steps> JsonPathParser::parse_steps(unsigned depth) {
    if (depth > JsonPath::kDeepest) return wrong("the filters are nested too deeply");
    Steps steps;
    skip_blanks();
    if (!take("$")) take("@");
    while (true) {
        skip_blanks();
        if (!at(".") && !at("[")) return steps;
        SNAPGATE_TRY(parse_step(steps, depth));
    }
}

Result<void> JsonPathParser::parse_step(Steps& steps, unsigned depth) {
    if (take("[")) return parse_brackets(steps, depth);
    const bool descends = take("..");
    if (descends) {
        if (!steps.empty() && std::holds_alternative<JsonPath::Descend>(steps.back().what))
            return wrong(".. stands twice in a row");
        steps.push_back({JsonPath::Descend{}});
        if (at("[") || at("}")) return {};
        if (at(".")) return wrong("expected a name after ..");
    } else {
        take(".");
        // $.[0], and a dot for the value itself.
        if (at("[") || at("}")) return {};
    }
    SNAPGATE_ASSIGN(std::string name, parse_name());
    if (name == "*") {
        steps.push_back({JsonPath::All{}});
    } else {
        steps.push_back({JsonPath::Member{std::move(name)}});
    }
    return {};
}

Result<std::string> JsonPathParser::parse_name() {
    std::string name;
    while (!at_end() && !ends_name(text_[position_])) {
        if (text_[position_] == '\\' && position_ + 1 < text_.size()) ++position_;
        name += text_[position_++];
    }
    if (name.empty()) return wrong("expected the name of a member");
    return name;
}

Result<void> JsonPathParser::parse_brackets(Steps& steps, unsigned depth) {
    skip_blanks();
    if (take("?(")) {
        SNAPGATE_ASSIGN(Step filter, parse_filter(depth));
        steps.push_back(std::move(filter));
    } else {
        JsonPath::Union several;
        do {
            skip_blanks();
            SNAPGATE_ASSIGN(Step one, parse_selector());
            several.parts.push_back(std::move(one));
            skip_blanks();
        } while (take(","));
        if (several.parts.size() == 1) {
            steps.push_back(std::move(several.parts.front()));
        } else {
            steps.push_back({std::move(several)});
        }
    }
    if (!take("]")) return wrong("expected ]");
    return {};
}

Result<JsonPath::Step> JsonPathParser::parse_selector() {
    if (take("*")) return Step{JsonPath::All{}};
    if (at("'") || at("\"")) {
        SNAPGATE_ASSIGN(std::string name, parse_quoted());
        return Step{JsonPath::Member{std::move(name)}};
    }
    JsonPath::Slice slice;
    SNAPGATE_ASSIGN(slice.begin, parse_number());
    if (!take(":")) {
        slice.single = true;
        if (!slice.begin) return wrong("expected a number, *, a slice, 'a name' or ?(a filter)");
        return Step{slice};
    }
    SNAPGATE_ASSIGN(slice.end, parse_number());
    if (take(":")) {
        SNAPGATE_ASSIGN(const std::optional<int64_t> step, parse_number());
        slice.step = step.value_or(1);
        if (slice.step <= 0) return wrong("the step of a slice must be above 0");
    }
    return Step{slice};
}

Result<JsonPath::Step> JsonPathParser::parse_filter(unsigned depth) {
    auto filter = std::make_shared<JsonPath::Filter>();
    skip_blanks();
    if (!at("@") && !at("."))
        return wrong("expected @ in a filter, as in [?(@.phase==\"Failed\")]");
    SNAPGATE_ASSIGN(filter->left, parse_steps(depth + 1));
    if (!at(")")) {
        SNAPGATE_ASSIGN(filter->compare, parse_compare());
        skip_blanks();
        if (at("@") || at("$") || at(".")) {
            SNAPGATE_ASSIGN(filter->right, parse_steps(depth + 1));
        } else {
            SNAPGATE_ASSIGN(filter->right, parse_literal());
        }
        skip_blanks();
    }
    if (!take(")")) return wrong("expected ) at the end of the filter: it is one comparison");
    return Step{std::shared_ptr<const JsonPath::Filter>(std::move(filter))};
}

Result<JsonPath::Compare> JsonPathParser::parse_compare() {
    using Compare = JsonPath::Compare;
    static constexpr std::pair<std::string_view, Compare> kComparisons[] = {
        {"==", Compare::kEqual},     {"!=", Compare::kNotEqual}, {"<=", Compare::kLessEqual},
        {">=", Compare::kMoreEqual}, {"<", Compare::kLess},      {">", Compare::kMore}};
    for (const auto& [word, compare] : kComparisons)
        if (take(word)) return compare;
    return wrong("expected ==, !=, <, <=, > or >=");
}

Result<std::optional<int64_t>> JsonPathParser::parse_number() {
    const std::string_view rest = text_.substr(position_);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::result_out_of_range) return wrong("the number is too large");
    if (error != std::errc()) return std::optional<int64_t>();
    position_ += static_cast<size_t>(end - rest.data());
    return std::optional(number);
}

Result<std::string> JsonPathParser::parse_quoted() {
    const char quote = text_[position_];
    const size_t begin = position_++;
    std::string out;
    while (!at_end() && text_[position_] != quote) {
        const char c = text_[position_++];
        if (c != '\\' || at_end()) {
            out += c;
            continue;
        }
        const char escaped = text_[position_++];
        switch (escaped) {
            case 'n':
                out += '\n';
                break;
            case 't':
                out += '\t';
                break;
            case 'r':
                out += '\r';
                break;
            case 'u': {
                unsigned code = 0;
                const std::string_view digits = text_.substr(position_, 4);
                const auto [end, error] =
                    std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
                if (error != std::errc() || end != digits.data() + 4)
                    return wrong("\\u has four hexadecimal digits");
                if (code >= 0xd800 && code < 0xe000)
                    return wrong("\\u with half of a character: write the character itself");
                append_utf8(code, out);
                position_ += 4;
                break;
            }
            default:
                out += escaped;  // \\ \" \' and \. of a name
        }
    }
    if (!at_end()) {
        ++position_;
        return out;
    }
    position_ = begin;
    return wrong("the quoted text has no end");
}

Result<json::Value> JsonPathParser::parse_literal() {
    if (at("\"") || at("'")) {
        SNAPGATE_ASSIGN(const std::string text, parse_quoted());
        return json::Value(text);
    }
    const std::string_view rest = text_.substr(position_);
    const std::string_view word = rest.substr(0, std::min(rest.find_first_of(" )}"), rest.size()));
    if (word == "true" || word == "false" || word == "null" ||
        (!word.empty() && word.find_first_not_of("+-.0123456789eE") == std::string_view::npos)) {
        if (auto value = json::parse(word); value) {
            position_ += word.size();
            return std::move(*value);
        }
    }
    return wrong("expected \"text\", a number, true, false, null or @.member");
}

bool JsonPathParser::take(std::string_view word) {
    if (!at(word)) return false;
    position_ += word.size();
    return true;
}

bool JsonPathParser::take_word(std::string_view word) {
    if (!at(word)) return false;
    const std::string_view rest = text_.substr(position_ + word.size());
    if (!rest.empty() && !ends_name(rest.front())) return false;
    position_ += word.size();
    return true;
}

void JsonPathParser::skip_blanks() {
    while (!at_end() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
}

Error JsonPathParser::wrong(std::string_view what) const {
    if (at_end())
        return {Code::kInvalidParameter,
                fmt::format("jsonpath: {}, at the end of the template", what)};
    std::string_view here = text_.substr(position_);
    here = here.substr(0, std::min(here.find('\n'), kShownBytes));
    return {Code::kInvalidParameter,
            fmt::format("jsonpath: {}, at character {}: {}", what, position_ + 1, here)};
}

}  // namespace snapgate::cli
