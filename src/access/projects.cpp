#include "access/projects.h"

#include <fmt/format.h>

#include <array>

#include "base/count_text.h"
#include "json/whole_number.h"

namespace snapgate::access {

using base::Code;
using base::Error;
using base::Result;

namespace {

struct Limit {
    std::string_view name;
    std::optional<uint64_t> Quota::* member;
};
constexpr std::array kLimits = {Limit{"clusters", &Quota::clusters}, Limit{"keys", &Quota::keys},
                                Limit{"objects", &Quota::objects}, Limit{"bytes", &Quota::bytes}};
// Every JSON reader has whole numbers up to here.
constexpr int64_t kMostAllowed = int64_t{1} << 53;

}  // namespace

Result<Quota> parse_quota(const json::Object& object) {
    SNAPGATE_TRY(json::refuse_unknown(object, {"clusters", "keys", "objects", "bytes"}));
    Quota quota;
    for (const Limit& limit : kLimits) {
        const json::Value* value = object.if_contains(limit.name);
        if (value == nullptr || value->is_null()) continue;
        const auto allowed = json::whole_number(value, 0, kMostAllowed);
        if (!allowed) {
            return Error(Code::kInvalidBody,
                         fmt::format("{} must be a whole number from 0 on, or null for no limit",
                                     limit.name),
                         std::string(limit.name));
        }
        quota.*limit.member = static_cast<uint64_t>(*allowed);
    }
    return quota;
}

json::Object to_json(const Quota& quota) {
    json::Object object;
    for (const Limit& limit : kLimits) {
        if (quota.*limit.member)
            object[{limit.name.data(), limit.name.size()}] = *(quota.*limit.member);
    }
    return object;
}

Result<void> check_quota(std::string_view project, std::string_view what, uint64_t used,
                         uint64_t more, std::optional<uint64_t> allowed) {
    if (!allowed || (used <= *allowed && more <= *allowed - used)) return {};
    const std::string_view noun = what.substr(0, what.size() - 1);  // without the s of the plural
    return Error(Code::kQuotaExceeded,
                 fmt::format("{} more {}{} would exceed the quota of project {}: it has {}, and {} "
                             "{} allowed",
                             base::format_count(more), noun, more == 1 ? "" : "s", project,
                             base::counted(used, noun), base::format_count(*allowed),
                             *allowed == 1 ? "is" : "are"));
}

Result<Project> Project::parse(std::string_view id, std::string_view value) {
    SNAPGATE_ASSIGN(json::Value record, json::parse(value));
    if (!record.is_object()) return Error(Code::kCorrupt, "a project's record is not an object");
    Project project;
    project.uid = id;
    SNAPGATE_ASSIGN(project.name, json::optional_string(record.get_object(), "name"));
    SNAPGATE_ASSIGN(project.apply_set, read_apply_set(record.get_object()));
    if (const json::Value* quota = record.get_object().if_contains("quota")) {
        if (!quota->is_object()) return Error(Code::kCorrupt, "a project's quota is not an object");
        auto read = parse_quota(quota->get_object());
        if (!read) return Error(Code::kCorrupt, "a project's quota: " + read.error().message);
        project.quota = *read;
    }
    return project;
}

std::string Project::record() const {
    json::Object record{{"name", name}};
    if (quota != Quota()) record["quota"] = to_json(quota);
    put_apply_set(record, apply_set);
    return json::serialize(record);
}

Error no_such_project(std::string_view uid) {
    return {Code::kNotFound,
            fmt::format("there is no project {} that this key may see", uid.substr(0, 64))};
}

Result<Scope> resolve_scope(const Principal& principal, std::string_view project,
                            const ProjectTable::Rows& projects) {
    if (project.empty()) return Scope{principal.project, principal.clusters};
    bool visible = principal.project.empty() || principal.project == project;
    if (!visible || !projects.contains(std::string(project))) return no_such_project(project);
    return Scope{std::string(project), principal.clusters};
}

Result<void> set_quota(store::WriteTxn& txn, std::string_view uid, const Quota& quota) {
    SNAPGATE_ASSIGN(const auto record, txn.record(Project::kType, uid));
    if (!record) return no_such_project(uid);
    SNAPGATE_ASSIGN(Project project, Project::parse(uid, *record));
    project.quota = quota;
    return txn.put_record(Project::kType, uid, project.record());
}

Result<void> create_project(store::WriteTxn& txn, const Project& project,
                            const ProjectTable* table) {
    SNAPGATE_ASSIGN(const auto projects, ProjectTable::within(txn, table));
    if (projects->contains(project.uid)) {
        return Error(Code::kAlreadyExists, fmt::format("a project with uid {} exists", project.uid),
                     "uid");
    }
    if (const auto uid = projects->id_of(Project::owner(), project.name)) {
        return Error(Code::kAlreadyExists,
                     fmt::format("a project named \"{}\" exists (uid {})", project.name, *uid),
                     "name");
    }
    return txn.put_record(Project::kType, project.uid, project.record());
}

}  // namespace snapgate::access
