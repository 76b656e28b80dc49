#pragma once

#include "base/error.h"

namespace snapgate::engine {

// Whether LMDB met a page that is damaged, or is not there.
bool means_damage(int rc);

// The error of a read that LMDB refused with `rc`. Any thread.
base::Error read_failure(int rc);

}  // namespace snapgate::engine
