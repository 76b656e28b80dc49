#include "base/query_string.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace snapgate::base {
namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_blank(char c) {
    return c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<QueryString::Parameter> QueryString::next() {
    while (!rest_.empty()) {
        const size_t end = rest_.find('&');
        const std::string_view pair = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        const size_t equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        if (!name) continue;
        return Parameter{std::move(*name), equals == std::string_view::npos
                                               ? std::string_view()
                                               : pair.substr(equals + 1)};
    }
    return std::nullopt;
}

Result<std::string> decode_parameter(std::string_view name, std::string_view value,
                                     Controls controls) {
    auto decoded = percent_decode(value, true);
    if (!decoded) {
        return Error(Code::kInvalidParameter,
                     fmt::format("{} is not percent-encoded correctly: a '%' must be followed by "
                                 "two hexadecimal digits",
                                 name),
                     std::string(name));
    }
    if (controls == Controls::kAny) return std::move(*decoded);
    const auto bad = std::ranges::find_if(*decoded, [controls](char c) {
        return is_control(c) && (controls != Controls::kBlanks || !is_blank(c));
    });
    if (bad != decoded->end()) {
        return Error(
            Code::kInvalidParameter,
            fmt::format("{} holds the control character U+{:04X} at byte {}: leave it out", name,
                        static_cast<unsigned char>(*bad), bad - decoded->begin() + 1),
            std::string(name));
    }
    return std::move(*decoded);
}

std::optional<std::string> decode_segment(std::string_view segment) {
    auto decoded = percent_decode(segment, false);
    if (decoded && std::ranges::any_of(*decoded, is_control)) return std::nullopt;
    return decoded;
}

}  // namespace snapgate::base
