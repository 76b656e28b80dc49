#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::access {

// The set of declarations that made something, as `snapgate apply` names it. With its help the same
// set may remove what it declares no more; what has none was made by hand, and no set removes it.
struct ApplySet {
    std::string name;  // "": none
    // The project of the key that made it, "" for a key of the tenant: sets of one name that two
    // teams keep are two sets.
    std::string project;

    bool operator==(const ApplySet&) const = default;
};

// The member of a record or of a request's body, and the parameter of a query, that has the name.
inline constexpr std::string_view kApplySetMember = "applySet";

// The part of a record, which is left out for none.
void put_apply_set(json::Object& record, const ApplySet& set);
base::Result<ApplySet> read_apply_set(const json::Object& record);

}  // namespace snapgate::access
