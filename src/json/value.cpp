#include "json/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "json/byte_order_mark.h"
#include "json/limits.h"
#include "json/value_handler.h"

namespace snapgate::json {
namespace {

constexpr size_t kShownBytes = 80;

base::Error invalid(std::string message, std::string subject = {}) {
    return {base::Code::kInvalidBody, std::move(message), std::move(subject)};
}

std::string position(std::string_view text, size_t at) {
    std::string_view before = text.substr(0, at);
    auto line = 1 + std::ranges::count(before, '\n');
    size_t newline = before.rfind('\n');
    size_t column = newline == std::string_view::npos ? at + 1 : at - newline;
    return fmt::format("line {}, column {}", line, column);
}

void append_indented(const Value& value, size_t depth, std::string& out) {
    std::string_view comma;
    auto next_line = [&out](std::string_view before, size_t indent) {
        out += before;
        out += '\n';
        out.append(indent * 2, ' ');
    };
    if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
        out += '{';
        for (const auto& member : *object) {
            next_line(comma, depth + 1);
            comma = ",";
            base::append_json_string({member.key().data(), member.key().size()}, out);
            out += ": ";
            append_indented(member.value(), depth + 1, out);
        }
        next_line({}, depth);
        out += '}';
    } else if (const Array* array = value.if_array(); array != nullptr && !array->empty()) {
        out += '[';
        for (const Value& element : *array) {
            next_line(comma, depth + 1);
            comma = ",";
            append_indented(element, depth + 1, out);
        }
        next_line({}, depth);
        out += ']';
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

base::Result<Value> parse(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = kMaxLevels;
    boost::json::basic_parser<ValueHandler> parser(options);
    boost::json::error_code ec;
    size_t read = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = boost::json::error::extra_data;
    if (!ec) return parser.handler().release();

    const std::string& duplicate = parser.handler().duplicate();
    std::string where = position(text, std::min(read, text.size()));
    if (ec == make_error_code(boost::system::errc::invalid_argument))
        return invalid(fmt::format("the JSON has the key {} twice in one object ({})",
                                   base::quote(duplicate, kShownBytes), where),
                       std::string(base::clip(duplicate, kShownBytes)));
    if (ec == boost::json::error::too_deep)
        return invalid(
            fmt::format("the JSON is nested deeper than {} levels ({})", kMaxLevels, where));
    if (ec == boost::json::error::incomplete)
        return invalid(text.empty() ? "there is no JSON: the text is empty"
                                    : fmt::format("the JSON ends within a value ({})", where));
    return invalid(fmt::format("this is not JSON: {} ({})", syntax_words(ec, text, read), where));
}

std::string syntax_words(const boost::json::error_code& ec, std::string_view text, size_t at) {
    if (ec != boost::json::error::syntax) return ec.message();
    if (!base::is_utf8(text)) return "it is not UTF-8";
    if (text.starts_with(kByteOrderMark)) return std::string(kBeginsWithMark);
    const bool is_control = at < text.size() && static_cast<unsigned char>(text[at]) < 0x20;
    return is_control ? "a control character has to be escaped" : ec.message();
}

std::string serialize(const Value& value) {
    return boost::json::serialize(value);
}

std::string serialize(const Object& object) {
    return boost::json::serialize(object);
}

std::string serialize_pretty(const Value& value) {
    std::string out;
    append_indented(value, 0, out);
    return out;
}

base::Result<std::string> optional_string(const Object& object, std::string_view name) {
    const Value* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || value->is_null()) return std::string();
    if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
    return invalid(fmt::format("the field {} must be a string", base::quote(name, kShownBytes)),
                   std::string(name));
}

base::Result<void> refuse_unknown(const Object& object,
                                  std::initializer_list<std::string_view> known) {
    for (const auto& member : object) {
        std::string_view key(member.key().data(), member.key().size());
        if (std::ranges::find(known, key) == known.end())
            return invalid(fmt::format("the field {} is not known here; known are: {}",
                                       base::quote(key, kShownBytes), fmt::join(known, ", ")),
                           std::string(base::clip(key, kShownBytes)));
    }
    return {};
}

}  // namespace snapgate::json
