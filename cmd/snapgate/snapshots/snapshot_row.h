#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"
#include "terminal/table.h"

namespace snapgate::cli {

// The columns of `get snapshots`; `wide` adds some before the last one.
std::vector<Column> snapshot_columns(bool wide);
// Where among them the phase is.
inline constexpr size_t kPhaseColumn = 3;

// One VirtualMachineSnapshot under these titles. What a snapshot lacks is "<none>"; a field of an
// unexpected type counts as lacking.
Table::Row snapshot_row(const json::Object& snapshot, bool wide, int64_t now_seconds);

// Why a snapshot failed or is not ready: status.error, and where KubeVirt leaves that empty (it
// does when the deadline passed) its conditions; "" if nothing is wrong with it.
std::string snapshot_error(const json::Object& snapshot);

// Whether KubeVirt made it on its way to a clone; nobody asked for it as a snapshot.
bool is_made_by_clone(const json::Object& snapshot);

}  // namespace snapgate::cli
