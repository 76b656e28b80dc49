#include "api/admin/asked_set.h"

#include "model/names.h"

namespace snapgate::api::admin {

using access::ApplySet;
using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kRule =
    "applySet must be 1 to 128 printable characters without blanks at its ends";

}  // namespace

Result<ApplySet> set_of_new(const Call& call, const json::Object& body) {
    SNAPGATE_ASSIGN(std::string name, json::optional_string(body, access::kApplySetMember));
    if (name.empty()) return ApplySet();
    if (!model::is_display_name(name))
        return Error(Code::kInvalidBody, std::string(kRule), std::string(access::kApplySetMember));
    return ApplySet{std::move(name), call.principal.project};
}

Result<std::optional<ApplySet>> asked_set(const Call& call) {
    SNAPGATE_ASSIGN(std::string name, query_parameter(call.request, access::kApplySetMember));
    if (name.empty()) return std::optional<ApplySet>();
    if (!model::is_display_name(name))
        return Error(Code::kInvalidParameter, std::string(kRule),
                     std::string(access::kApplySetMember));
    return std::optional(ApplySet{std::move(name), call.principal.project});
}

Result<void> require_set(const std::optional<ApplySet>& asked, const ApplySet& set) {
    if (!asked || *asked == set) return {};
    return Error(Code::kConflict, "another one made it than the set that is to remove it");
}

}  // namespace snapgate::api::admin
