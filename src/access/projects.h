#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/apply_set.h"
#include "access/principal.h"
#include "base/result.h"
#include "json/value.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::access {

inline constexpr std::string_view kDefaultProject = "Default";

// How much a project may have; what is not set is not bounded.
struct Quota {
    std::optional<uint64_t> clusters;
    std::optional<uint64_t> keys;
    std::optional<uint64_t> objects;  // of every kind that is kept, in all its clusters together
    std::optional<uint64_t> bytes;    // of the texts of these objects, as they are stored

    bool bounds_objects() const { return objects || bytes; }
    bool operator==(const Quota&) const = default;
};

// `object` has some of clusters, keys, objects and bytes, each null or a whole number up to 2^53.
// kInvalidBody names the member.
base::Result<Quota> parse_quota(const json::Object& object);
// The limits that are set.
json::Object to_json(const Quota& quota);

// {} if `used` and `more` are at most `allowed`, else kQuotaExceeded, which names all three.
// `what`: clusters, keys, objects or bytes.
base::Result<void> check_quota(std::string_view project, std::string_view what, uint64_t used,
                               uint64_t more, std::optional<uint64_t> allowed);

// A part of the tenant. Clusters and keys belong to a project.
struct Project {
    static constexpr store::RecordType kType = store::RecordType::kProject;

    std::string uid;
    std::string name;
    Quota quota = {};
    ApplySet apply_set = {};

    // Names are unique in the whole tenant.
    static std::string_view owner() { return {}; }

    static base::Result<Project> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using ProjectTable = store::RecordTable<Project>;

// The scope of a request by `principal` with the ProjectUid header `project` ("" if it is absent or
// empty). kNotFound, in the same words, if the project does not exist and if the key may not see
// it.
base::Result<Scope> resolve_scope(const Principal& principal, std::string_view project,
                                  const ProjectTable::Rows& projects);

// Within a write: makes a project. kAlreadyExists if the uid or the name is taken. `table`: as
// ProjectTable::within().
base::Result<void> create_project(store::WriteTxn& txn, const Project& project,
                                  const ProjectTable* table = nullptr);

// Within a write: replaces the quota. What the project already has above it stays. kNotFound.
base::Result<void> set_quota(store::WriteTxn& txn, std::string_view uid, const Quota& quota);

// The error for a project that does not exist, or that the caller may not see.
base::Error no_such_project(std::string_view uid);

}  // namespace snapgate::access
