#include "access/projects.h"

#include <fmt/format.h>

#include "json/value.h"

namespace snapgate::access {

using base::Code;
using base::Error;
using base::Result;

Result<Project> Project::parse(std::string_view id, std::string_view value) {
    SNAPGATE_ASSIGN(json::Value record, json::parse(value));
    if (!record.is_object()) return Error(Code::kCorrupt, "a project's record is not an object");
    Project project;
    project.uid = id;
    SNAPGATE_ASSIGN(project.name, json::optional_string(record.get_object(), "name"));
    return project;
}

std::string Project::record() const {
    return json::serialize(json::Object{{"name", name}});
}

Error no_such_project(std::string_view uid) {
    return {Code::kNotFound,
            fmt::format("there is no project {} that this key may see", uid.substr(0, 64))};
}

Result<Scope> resolve_scope(const Principal& principal, std::string_view project,
                            const ProjectTable::Rows& projects) {
    if (project.empty()) return Scope{principal.project};
    bool visible = principal.project.empty() || principal.project == project;
    if (!visible || !projects.contains(std::string(project))) return no_such_project(project);
    return Scope{std::string(project)};
}

Result<void> create_project(store::WriteTxn& txn, const Project& project) {
    SNAPGATE_ASSIGN(auto projects, ProjectTable::read(txn));
    for (const auto& [uid, other] : projects) {
        if (uid == project.uid)
            return Error(Code::kAlreadyExists, fmt::format("a project with uid {} exists", uid),
                         "uid");
        if (other.name == project.name) {
            return Error(Code::kAlreadyExists,
                         fmt::format("a project named \"{}\" exists (uid {})", other.name, uid),
                         "name");
        }
    }
    return txn.put_record(Project::kType, project.uid, project.record());
}

}  // namespace snapgate::access
