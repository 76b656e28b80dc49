#pragma once

#include <string>
#include <vector>

#include "completion/completion.h"

namespace snapgate::cli {

// What the contexts or the server know, for completion: names that begin with `typed`. Empty where
// that cannot be found out within two seconds: a completion shows no errors.
std::vector<std::string> known_values(Completes what, const std::string& typed,
                                      const TypedValues& values, const Environment& environment);

}  // namespace snapgate::cli
