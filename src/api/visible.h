#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace snapgate::api {

// The rows of a table that `visible` lets through, by name, then by id.
template <class Rows, class Visible>
auto visible_by_name(const Rows& rows, Visible visible) {
    std::vector<std::pair<const std::string*, const typename Rows::mapped_type*>> found;
    for (const auto& [id, row] : rows) {
        if (visible(row)) found.emplace_back(&id, &row);
    }
    std::ranges::sort(found, {},
                      [](const auto& one) { return std::tie(one.second->name, *one.first); });
    std::vector<const typename Rows::mapped_type*> seen;
    seen.reserve(found.size());
    for (const auto& [id, row] : found) seen.push_back(row);
    return seen;
}

}  // namespace snapgate::api
