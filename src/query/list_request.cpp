#include "query/list_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/decimal.h"
#include "base/query_string.h"
#include "base/quote.h"
#include "model/names.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kShownBytes = 64;

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

Result<uint32_t> parse_limit(std::string_view text) {
    if (text.empty()) return kMaxLimit;
    bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
        return Error(Code::kInvalidParameter,
                     fmt::format("limit {} is not a number: use 1 to {}, or leave it out",
                                 base::quote(text, kShownBytes), kMaxLimit),
                     "limit");
    }
    // What is above the maximum, by however many digits, is the maximum.
    const uint64_t value = base::read_decimal(text, kMaxLimit).value_or(kMaxLimit);
    return value == 0 ? kMaxLimit : static_cast<uint32_t>(value);
}

// Adds the values of one parameter to `values`.
Result<void> add_values(std::string_view parameter, std::string_view csv,
                        bool (*valid)(std::string_view), std::string_view rule,
                        std::vector<std::string>& values) {
    while (true) {
        size_t comma = csv.find(',');
        std::string_view value = trim(csv.substr(0, comma));
        if (!value.empty()) {
            if (!valid(value)) {
                return Error(Code::kInvalidParameter,
                             fmt::format("{} {} can be no name: {}", parameter,
                                         base::quote(value, kShownBytes), rule),
                             std::string(parameter));
            }
            if (values.size() == kMaxFilterValues) {
                return Error(Code::kInvalidParameter,
                             fmt::format("{} has more than {} values: ask in several lists",
                                         parameter, kMaxFilterValues),
                             std::string(parameter));
            }
            values.emplace_back(value);
        }
        if (comma == std::string_view::npos) return {};
        csv.remove_prefix(comma + 1);
    }
}

void sort_unique(std::vector<std::string>& values) {
    std::ranges::sort(values);
    auto rest = std::ranges::unique(values);
    values.erase(rest.begin(), rest.end());
}

Error repeated(std::string_view parameter) {
    return {Code::kInvalidParameter,
            fmt::format("{} was given more than once: give it once", parameter),
            std::string(parameter)};
}

}  // namespace

Result<ListRequest> parse_list_request(std::string_view query) {
    ListRequest request;
    bool limit_given = false;
    bool continue_given = false;
    base::QueryString parameters(query);
    while (const auto parameter = parameters.next()) {
        const std::string& name = parameter->name;
        if (name != "vmName" && name != "namespace" && name != "limit" && name != "continue")
            continue;
        SNAPGATE_ASSIGN(std::string value, base::decode_parameter(name, parameter->value));
        if (name == "vmName") {
            SNAPGATE_TRY(add_values("vmName", value, model::is_dns_subdomain,
                                    "a VM's name is at most 253 of a-z, 0-9, '-' and '.'",
                                    request.vms));
        } else if (name == "namespace") {
            SNAPGATE_TRY(add_values("namespace", value, model::is_dns_label,
                                    "a namespace is at most 63 of a-z, 0-9 and '-'",
                                    request.namespaces));
        } else if (name == "limit") {
            if (limit_given) return repeated(name);
            limit_given = true;
            SNAPGATE_ASSIGN(request.limit, parse_limit(value));
        } else {
            if (continue_given) return repeated(name);
            continue_given = true;
            request.continue_token = std::move(value);
        }
    }
    sort_unique(request.vms);
    sort_unique(request.namespaces);
    return request;
}

}  // namespace snapgate::query
