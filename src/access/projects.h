#pragma once

#include <string>
#include <string_view>

#include "access/principal.h"
#include "base/result.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::access {

inline constexpr std::string_view kDefaultProject = "Default";

// A part of the tenant. Clusters and keys belong to a project.
struct Project {
    static constexpr store::RecordType kType = store::RecordType::kProject;

    std::string uid;
    std::string name;

    static base::Result<Project> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ProjectTable = store::RecordTable<Project>;

// The scope of a request by `principal` with the ProjectUid header `project` ("" if it is absent or
// empty). kNotFound, in the same words, if the project does not exist and if the key may not see
// it.
base::Result<Scope> resolve_scope(const Principal& principal, std::string_view project,
                                  const ProjectTable::Rows& projects);

// Within a write: makes a project. kAlreadyExists if the uid or the name is taken.
base::Result<void> create_project(store::WriteTxn& txn, const Project& project);

// The error for a project that does not exist, or that the caller may not see.
base::Error no_such_project(std::string_view uid);

}  // namespace snapgate::access
