#pragma once

#include "store/store.h"

namespace snapgate::store {

// The type of the records that keep sessions of the console, on servers that share a truth alone
// (identity/shared_sessions.h). RecordType has the others; this number, too, is never another's.
inline constexpr RecordType kSessionRecord{6};

}  // namespace snapgate::store
