#pragma once

#include "base/error.h"

namespace snapgate::engine {

// The error of a read that LMDB refused with `rc`. Any thread.
base::Error read_failure(int rc);

}  // namespace snapgate::engine
