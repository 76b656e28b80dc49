#include "api/kube/option_errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "query/parse_int64.h"

namespace snapgate::api::kube {

using base::Cause;
using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kMaxVersion = 128;

bool is_decimal(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, base::is_digit);
}

// Why Go takes the text for no number.
std::string_view number_fault(std::string_view digits) {
    return is_decimal(digits) ? "value out of range" : "invalid syntax";
}

}  // namespace

Result<int64_t> parse_int64_option(std::string_view name, std::string_view text) {
    if (const auto number = query::parse_int64(text)) return *number;
    std::string_view digits = text;
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    return Error(
        Code::kInvalidParameter,
        fmt::format("strconv.ParseInt: parsing {}: {}", base::quote(text), number_fault(digits)),
        std::string(name));
}

Result<model::Revision> parse_version_option(std::string_view text) {
    if (const auto version = base::read_decimal(text)) return *version;
    return Error(Code::kInvalidParameter,
                 fmt::format("resourceVersion: Invalid value: {0}: strconv.ParseUint: parsing {0}: "
                             "{1}",
                             base::quote(text), number_fault(text)),
                 "resourceVersion");
}

Result<std::string> parse_mirror_version(std::string text) {
    const bool plain = text.size() <= kMaxVersion &&
                       std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!plain) {
        SNAPGATE_TRY(parse_version_option(text));
    }
    return text;
}

Cause forbidden(std::string_view field, std::string_view why) {
    return {"FieldValueForbidden", fmt::format("Forbidden: {}", why), std::string(field)};
}

Error invalid_options(std::string_view options, std::vector<Cause> causes) {
    std::string texts;
    for (const Cause& cause : causes) {
        if (!texts.empty()) texts += ", ";
        texts += fmt::format("{}: {}", cause.field, cause.message);
    }
    if (causes.size() > 1) texts = fmt::format("[{}]", texts);
    Error error(Code::kInvalid, fmt::format("{}.meta.k8s.io \"\" is invalid: {}", options, texts));
    error.causes = std::move(causes);
    error.about = base::About{"meta.k8s.io", std::string(options), {}, {}};
    return error;
}

}  // namespace snapgate::api::kube
