#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "rules/field_set.h"

namespace snapgate::rules {

// One entry of managedFields.
struct ManagedEntry {
    std::string manager;
    bool applied = false;  // the operation is Apply; false for Update
    std::string api_version;
    std::string subresource;
    std::optional<int64_t> time;  // in seconds since the epoch
    FieldSet fields;

    // Whether both entries belong to one manager. For appliers the API version does not matter.
    bool same_manager(const ManagedEntry& other) const;
};

// A time of RFC 3339 in seconds since the epoch; none for any other text.
std::optional<int64_t> read_time(std::string_view text);

// Reads metadata.managedFields. kInvalidBody if an element is not such an entry.
base::Result<std::vector<ManagedEntry>> read_managed_fields(const json::Array& entries);

// The managedFields of an object. If one of the entries cannot be read, none counts, as in
// Kubernetes.
std::vector<ManagedEntry> managed_entries(const json::Object& object);

// Sets the managedFields of an object that has metadata.
void set_managed_entries(json::Object& object, std::vector<ManagedEntry> entries);

// The fields that no manager owns: the type, and what the server fills in.
const FieldSet& unowned_fields();

// Sorts as kube-apiserver does: appliers first, then by time, manager, version and subresource.
json::Array write_managed_fields(std::vector<ManagedEntry> entries);

// Whether a request asks to empty the managedFields: an empty list, or one empty entry.
bool is_reset(const json::Array& entries);

// Merges the oldest entries of updates of a version until at most ten are left.
void cap_updates(std::vector<ManagedEntry>& entries);

}  // namespace snapgate::rules
