#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace snapgate::api {

// The rows of a table that `visible` lets through, by name.
template <class Rows, class Visible>
auto visible_by_name(const Rows& rows, Visible visible) {
    std::vector<const typename Rows::mapped_type*> seen;
    for (const auto& [id, row] : rows) {
        if (visible(row)) seen.push_back(&row);
    }
    std::ranges::sort(seen, {}, [](const auto* row) -> const std::string& { return row->name; });
    return seen;
}

}  // namespace snapgate::api
