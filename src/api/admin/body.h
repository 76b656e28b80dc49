#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::api::admin {

// The member `name` of a request body, which must be a name for people. kInvalidBody.
base::Result<std::string> required_name(const json::Object& body);
// The member `uid`, or a random one where it is absent. kInvalidBody if it can be none.
base::Result<std::string> uid_or_random(const json::Object& body);

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

}  // namespace snapgate::api::admin
