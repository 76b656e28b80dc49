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
    bool applied = false;  // operation Apply, else Update
    std::string api_version;
    std::string subresource;
    std::optional<int64_t> time;  // in seconds since the epoch
    FieldSet fields;

    // Whether both are the same manager's: an applier is, whatever version it applied in.
    bool same_manager(const ManagedEntry& other) const;
};

// A time of RFC 3339 in seconds since the epoch; none if the text is no such time.
std::optional<int64_t> read_time(std::string_view text);

// Reads metadata.managedFields. kInvalidBody for an entry that is none.
base::Result<std::vector<ManagedEntry>> read_managed_fields(const json::Array& entries);

// Sorted as kube-apiserver sorts: appliers first, then by time, manager, version and subresource.
json::Array write_managed_fields(std::vector<ManagedEntry> entries);

// Whether a request wants the managedFields emptied: an empty list, or one empty entry.
bool is_reset(const json::Array& entries);

// Merges the oldest entries of updates of a version until at most ten are left.
void cap_updates(std::vector<ManagedEntry>& entries);

}  // namespace snapgate::rules
