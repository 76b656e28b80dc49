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

// One VirtualMachineSnapshot under these titles. A missing field is "<none>"; a field of an
// unexpected type counts as missing.
Table::Row snapshot_row(const json::Object& snapshot, bool wide, int64_t now_seconds);

// Why a snapshot failed or is not ready: status.error, and where KubeVirt leaves that empty (it
// does when the deadline passed) its conditions; "" if nothing is wrong with it.
std::string snapshot_error(const json::Object& snapshot);

// Whether KubeVirt made it in order to clone a VM: no user asked for it.
bool is_made_by_clone(const json::Object& snapshot);

}  // namespace snapgate::cli
