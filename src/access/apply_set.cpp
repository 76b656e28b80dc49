#include "access/apply_set.h"

namespace snapgate::access {
namespace {

constexpr std::string_view kProject = "applySetProject";

}  // namespace

void put_apply_set(json::Object& record, const ApplySet& set) {
    if (set.name.empty()) return;
    record[{kApplySetMember.data(), kApplySetMember.size()}] = set.name;
    if (!set.project.empty()) record[{kProject.data(), kProject.size()}] = set.project;
}

base::Result<ApplySet> read_apply_set(const json::Object& record) {
    ApplySet set;
    SNAPGATE_ASSIGN(set.name, json::optional_string(record, kApplySetMember));
    SNAPGATE_ASSIGN(set.project, json::optional_string(record, kProject));
    return set;
}

}  // namespace snapgate::access
