#include "output/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "output/json_path_parser.h"

namespace snapgate::cli {
namespace {

using base::Code;
using base::Error;
using base::Result;

std::string_view type_name(const json::Value& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "an array";
    if (value.is_string()) return "a text";
    if (value.is_bool()) return "a boolean";
    return value.is_null() ? "null" : "a number";
}

// -1, 0 or 1; nullopt where there is no order.
std::optional<int> compared(const json::Value& a, const json::Value& b) {
    const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
    if (a.is_int64() && b.is_int64()) return order(a.get_int64(), b.get_int64());
    if (a.is_number() && b.is_number()) return order(a.to_number<double>(), b.to_number<double>());
    if (a.is_string() && b.is_string()) return order(a.get_string(), b.get_string());
    if (a.is_bool() && b.is_bool()) return order(a.get_bool(), b.get_bool());
    if (a.is_null() && b.is_null()) return 0;
    return std::nullopt;
}

}  // namespace

// Follows the steps of expressions. A short template can ask for endlessly much, as by ".." several
// times or by ranges within each other: what all of it finds and prints is bounded.
class JsonPathWalk {
  public:
    using Values = std::vector<const json::Value*>;

    explicit JsonPathWalk(size_t most_printed) : most_printed_(most_printed) {}

    // Appends what a template's parts print of a value.
    Result<void> print(const std::vector<JsonPath::Part>& parts, const json::Value& of,
                       std::string& out) {
        for (const JsonPath::Part& part : parts) {
            if (part.is_text) {
                source_ = part.text;
                out += part.text;
                SNAPGATE_TRY(check_printed(out));
                continue;
            }
            SNAPGATE_ASSIGN(const Values values, find(part, of));
            if (part.is_range) {
                for (const json::Value* one : values) SNAPGATE_TRY(print(part.body, *one, out));
                continue;
            }
            for (size_t i = 0; i < values.size(); ++i) {
                if (i > 0) out += ' ';
                out += json_path_text(*values[i]);
                SNAPGATE_TRY(check_printed(out));
            }
        }
        return {};
    }

    // The values of one expression.
    Result<Values> find(const JsonPath::Part& part, const json::Value& of) {
        source_ = part.source;
        return walk({&of}, part.steps);
    }

  private:
    static constexpr size_t kShownBytes = 200;
    static constexpr size_t kMostValues = 50'000'000;

    Result<void> check_printed(const std::string& out) const {
        if (out.size() <= most_printed_) return {};
        return wrong(fmt::format("this prints more than {} bytes", most_printed_));
    }

    Result<Values> walk(Values values, const JsonPath::Steps& steps) {
        for (const JsonPath::Step& step : steps) {
            SNAPGATE_ASSIGN(values, take(values, step));
        }
        return values;
    }

    Result<Values> take(const Values& values, const JsonPath::Step& step) {
        Values found;
        if (const auto* several = std::get_if<JsonPath::Union>(&step.what)) {
            for (const JsonPath::Step& one : several->parts) {
                SNAPGATE_ASSIGN(const Values more, take(values, one));
                found.insert(found.end(), more.begin(), more.end());
            }
            return found;
        }
        for (const json::Value* value : values) {
            const size_t before = found.size();
            if (const auto* member = std::get_if<JsonPath::Member>(&step.what)) {
                const json::Object* object = value->if_object();
                const json::Value* one =
                    object != nullptr ? object->if_contains(member->name) : nullptr;
                if (one != nullptr) found.push_back(one);
            } else if (std::holds_alternative<JsonPath::All>(step.what)) {
                append_children(*value, found);
            } else if (std::holds_alternative<JsonPath::Descend>(step.what)) {
                append_containers(*value, found);
            } else if (const auto* slice = std::get_if<JsonPath::Slice>(&step.what)) {
                SNAPGATE_TRY(append_slice(*value, *slice, found));
            } else {
                SNAPGATE_TRY(append_filtered(
                    *value, *std::get<std::shared_ptr<const JsonPath::Filter>>(step.what), found));
            }
            found_ += 1 + found.size() - before;
            if (found_ > kMostValues)
                return wrong(fmt::format("this looks at more than {} values", kMostValues));
        }
        return found;
    }

    static void append_children(const json::Value& value, Values& found) {
        if (const json::Array* array = value.if_array()) {
            for (const json::Value& element : *array) found.push_back(&element);
        } else if (const json::Object* object = value.if_object()) {
            for (const auto& member : *object) found.push_back(&member.value());
        }
    }

    // Objects and arrays that are not empty, each before what it holds.
    static void append_containers(const json::Value& value, Values& found) {
        Values children;
        append_children(value, children);
        if (children.empty()) return;
        found.push_back(&value);
        for (const json::Value* child : children) append_containers(*child, found);
    }

    Result<void> append_slice(const json::Value& value, const JsonPath::Slice& slice,
                              Values& found) const {
        if (value.is_null()) return {};
        const json::Array* array = value.if_array();
        if (array == nullptr)
            return wrong(fmt::format("{} has no elements by number", type_name(value)));
        const auto size = static_cast<int64_t>(array->size());
        const auto from_end = [size](int64_t at) { return at < 0 ? at + size : at; };
        const int64_t begin = from_end(slice.begin.value_or(0));
        int64_t end = from_end(slice.end.value_or(size));
        if (slice.single) {
            if (begin < 0 || begin >= size)
                return wrong(fmt::format("index {} is beyond an array of {}", *slice.begin, size));
            end = begin + 1;
        }
        if (begin == end) return {};
        if (begin < 0 || begin > size || end < 0 || end > size)
            return wrong(fmt::format("the slice is beyond an array of {}", size));
        if (begin > end) return wrong("the slice ends before it begins");
        for (int64_t i = begin; i < end; i += std::min(slice.step, size))
            found.push_back(&array->at(static_cast<size_t>(i)));
        return {};
    }

    Result<void> append_filtered(const json::Value& value, const JsonPath::Filter& filter,
                                 Values& found) {
        if (value.is_null()) return {};
        const json::Array* array = value.if_array();
        if (array == nullptr)
            return wrong(fmt::format("{} has no elements to filter", type_name(value)));
        for (const json::Value& element : *array) {
            SNAPGATE_ASSIGN(const bool passes, passes_filter(element, filter));
            if (passes) found.push_back(&element);
        }
        return {};
    }

    Result<bool> passes_filter(const json::Value& element, const JsonPath::Filter& filter) {
        using Compare = JsonPath::Compare;
        SNAPGATE_ASSIGN(const Values lefts, walk({&element}, filter.left));
        if (filter.compare == Compare::kExists || lefts.empty()) return !lefts.empty();
        Values rights;
        if (const auto* literal = std::get_if<json::Value>(&filter.right)) {
            rights.push_back(literal);
        } else {
            SNAPGATE_ASSIGN(rights, walk({&element}, std::get<JsonPath::Steps>(filter.right)));
        }
        if (rights.empty()) return false;
        if (lefts.size() > 1 || rights.size() > 1)
            return wrong("a filter compares one value with one other, not several");
        const std::optional<int> order = compared(*lefts.front(), *rights.front());
        if (!order)
            return wrong(fmt::format("{} cannot be compared with {}", type_name(*lefts.front()),
                                     type_name(*rights.front())));
        switch (filter.compare) {
            case Compare::kEqual:
                return *order == 0;
            case Compare::kNotEqual:
                return *order != 0;
            case Compare::kLess:
                return *order < 0;
            case Compare::kLessEqual:
                return *order <= 0;
            case Compare::kMore:
                return *order > 0;
            case Compare::kMoreEqual:
                return *order >= 0;
            case Compare::kExists:
                break;
        }
        return true;
    }

    Error wrong(std::string_view what) const {
        return {Code::kInvalidParameter,
                fmt::format("jsonpath {{{}}}: {}", source_.substr(0, kShownBytes), what)};
    }

    std::string_view source_;  // of the expression that is followed, for messages
    size_t most_printed_;
    size_t found_ = 0;  // values, by all expressions so far
};

Result<JsonPath> JsonPath::parse(std::string_view text) {
    if (text.size() > kMostBytes)
        return Error(Code::kInvalidParameter,
                     fmt::format("jsonpath: the template is longer than {} bytes", kMostBytes));
    if (text.empty())
        return Error(Code::kInvalidParameter,
                     "jsonpath: the template is empty; it is like {.metadata.name}");
    if (text.find('{') != std::string_view::npos) return JsonPathParser(text).parse();
    const std::string_view dot = text.starts_with('.') || text.starts_with('[') ||
                                         text.starts_with('$') || text.starts_with('@')
                                     ? ""
                                     : ".";
    return JsonPathParser(fmt::format("{{{}{}}}", dot, text)).parse();
}

Result<std::string> JsonPath::print(const json::Value& value, size_t most_printed) const {
    std::string out;
    SNAPGATE_TRY(JsonPathWalk(most_printed).print(parts_, value, out));
    return out;
}

Result<std::vector<const json::Value*>> JsonPath::find(const json::Value& value) const {
    if (parts_.empty() || parts_.front().is_text) return std::vector<const json::Value*>();
    return JsonPathWalk(kMostPrinted).find(parts_.front(), value);
}

std::string json_path_text(const json::Value& value) {
    if (const auto* text = value.if_string()) return {text->data(), text->size()};
    if (const double* number = value.if_double()) return fmt::format("{}", *number);
    return json::serialize(value);
}

}  // namespace snapgate::cli
