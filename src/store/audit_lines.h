#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "engine/transaction.h"

namespace snapgate::store {

// The rows of the audit trail (WriteTxn::add_audit_line). Numbers have no gaps: whoever reads the
// trail sees by them whether a line is missing, and whether one came twice.

bool is_audit_key(std::string_view key);
// Whether a text has the form of a line. That it is JSON is the business of whoever made it.
bool is_audit_line(std::string_view line);

// The number of the next line. The first one of a store is the time in microseconds: a store that
// was restored from a backup, which has no lines, so begins above all numbers of the lost one.
base::Result<uint64_t> next_audit_number(const engine::ReadTransaction& rows, int64_t now_ms);

}  // namespace snapgate::store
