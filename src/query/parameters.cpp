#include "query/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/quote.h"
#include "model/names.h"

namespace snapgate::query {

using base::Code;
using base::Error;
using base::Result;

Result<void> add_values(std::string_view parameter, std::string_view csv,
                        bool (*valid)(std::string_view), std::string_view rule,
                        std::vector<std::string>& values) {
    return each_value(csv, [&](std::string_view value) -> Result<void> {
        if (!valid(value)) {
            return Error(Code::kInvalidParameter,
                         fmt::format("{} {} can be no name: {}", parameter,
                                     base::quote(value, kShownValueBytes), rule),
                         std::string(parameter));
        }
        if (values.size() == kMaxFilterValues) {
            return Error(Code::kInvalidParameter,
                         fmt::format("{} has more than {} values: ask in several lists", parameter,
                                     kMaxFilterValues),
                         std::string(parameter));
        }
        values.emplace_back(value);
        return {};
    });
}

Result<void> add_vms(std::string_view csv, std::vector<std::string>& vms) {
    return add_values("vmName", csv, model::is_dns_subdomain,
                      "a VM's name is at most 253 of a-z, 0-9, '-' and '.'", vms);
}

Result<void> add_namespaces(std::string_view csv, std::vector<std::string>& namespaces) {
    return add_values("namespace", csv, model::is_dns_label,
                      "a namespace is at most 63 of a-z, 0-9 and '-'", namespaces);
}

void sort_unique(std::vector<std::string>& values) {
    std::ranges::sort(values);
    const auto rest = std::ranges::unique(values);
    values.erase(rest.begin(), rest.end());
}

Result<uint32_t> parse_limit(std::string_view text, uint32_t usual, uint32_t most) {
    if (text.empty()) return usual;
    if (!std::ranges::all_of(text, base::is_digit)) {
        return Error(Code::kInvalidParameter,
                     fmt::format("limit {} is not a number: use 1 to {}, or leave it out",
                                 base::quote(text, kShownValueBytes), most),
                     "limit");
    }
    // What is above the maximum, by however many digits, is the maximum.
    const uint64_t value = base::read_decimal(text, most).value_or(most);
    return value == 0 ? usual : static_cast<uint32_t>(value);
}

Error repeated(std::string_view parameter) {
    return {Code::kInvalidParameter,
            fmt::format("{} was given more than once: give it once", parameter),
            std::string(parameter)};
}

}  // namespace snapgate::query
