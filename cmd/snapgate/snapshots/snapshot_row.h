#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "terminal/table.h"

namespace snapgate::cli {

// Labels that are shown as the last columns: -L and --show-labels.
struct LabelColumns {
    std::vector<std::string> keys;  // each a column
    bool all = false;               // all of them, in one column
};

// The column of every table that says why something failed. Messages wrap each other, and the last
// one is the cause: where the column is too narrow, they lose their beginning.
Column cause_column(std::string title = "CAUSE");

// The columns of `get snapshots`; `wide` adds some before the last one.
std::vector<Column> snapshot_columns(bool wide, const LabelColumns& labels = {});
// Where among them the phase is.
inline constexpr size_t kPhaseColumn = 3;

// One VirtualMachineSnapshot under these titles. Its state, its cause and whether it is of a clone
// are what the server derives (src/facts/), so that a list of one cluster and one of all clusters
// say the same. A missing field is "<none>"; a field of an unexpected type counts as missing.
base::Result<Table::Row> snapshot_row(const json::Object& snapshot, bool wide,
                                      const LabelColumns& labels, int64_t now_seconds);

}  // namespace snapgate::cli
