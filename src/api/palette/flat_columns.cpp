#include "api/palette/flat_columns.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quote.h"

namespace snapgate::api::palette {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kShownBytes = 100;

// No name of a column is quoted in CSV.
std::vector<std::string_view> names_in(std::string_view head) {
    std::vector<std::string_view> names;
    head = head.substr(0, head.find('\r'));
    while (!head.empty()) {
        const size_t comma = head.find(',');
        names.push_back(head.substr(0, comma));
        head.remove_prefix(comma == std::string_view::npos ? head.size() : comma + 1);
    }
    return names;
}

}  // namespace

Result<FlatColumns> FlatColumns::choose(std::span<const std::string> wanted,
                                        std::string_view head) {
    FlatColumns columns;
    if (wanted.empty()) return columns;
    const std::vector<std::string_view> names = names_in(head);
    for (const std::string& name : wanted) {
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) {
            return Error(Code::kInvalidParameter,
                         fmt::format("there is no column {}: the columns are {}",
                                     base::quote(name, kShownBytes), fmt::join(names, ", ")),
                         "columns");
        }
        const auto number = static_cast<uint8_t>(found - names.begin());
        if (std::ranges::find(columns.shown(), number) != columns.shown().end()) {
            return Error(Code::kInvalidParameter,
                         fmt::format("the column {} is wanted twice", name), "columns");
        }
        columns.shown_.at(columns.count_++) = number;
    }
    return columns;
}

}  // namespace snapgate::api::palette
