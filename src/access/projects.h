#pragma once

#include <string>
#include <string_view>

#include "access/principal.h"
#include "base/result.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::access {

inline constexpr std::string_view kDefaultProject = "Default";

// A part of the tenant that clusters and keys belong to.
struct Project {
    static constexpr store::RecordType kType = store::RecordType::kProject;

    std::string uid;
    std::string name;

    static base::Result<Project> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ProjectTable = store::RecordTable<Project>;

// What `principal` sees with the ProjectUid header `project` ("" if it is absent or empty). A
// project that does not exist and one that the key may not see are the same kNotFound.
base::Result<Scope> resolve_scope(const Principal& principal, std::string_view project,
                                  const ProjectTable::Rows& projects);

// Within a write: makes a project. kAlreadyExists if the uid or the name is taken.
base::Result<void> create_project(store::WriteTxn& txn, const Project& project);

// The error for a project that is not there, or not to be seen.
base::Error no_such_project(std::string_view uid);

}  // namespace snapgate::access
