#pragma once

#include "base/nearest.h"

namespace snapgate::cli {

using base::nearest;

}  // namespace snapgate::cli
