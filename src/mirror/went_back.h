#pragma once

#include <string_view>

#include "mirror/setback.h"

namespace snapgate::mirror {

// Whether the cluster's own version, told after `held` was known, shows that its versions went
// back: it was restored, or it is another cluster. Any thread.
bool went_back(std::string_view held, std::string_view told);
// Then: the newest list is taken at once.
Setback versions_went_back(std::string_view held, std::string_view told);

}  // namespace snapgate::mirror
