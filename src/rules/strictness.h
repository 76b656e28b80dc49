#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

// The error for a body that could not be read as an object of `kind`: 400 in kube-apiserver's
// words, or 422 if the body came from a patch. `what` describes the fault; `field` is its place, if
// there is one.
base::Error unreadable(const json::Object& body, std::string_view kind, const Writer& writer,
                       std::string_view what, std::string_view field = {});

// Applies fieldValidation to the faults that a strict decoder refuses: it ignores them, or returns
// warnings or an error. `unknown` are the paths of unknown fields.
base::Result<void> judge_strictly(const Body& body, const std::vector<std::string>& unknown,
                                  std::string_view kind, const Writer& writer,
                                  std::vector<std::string>& warnings);

// Adds a warning, unless the head of the answer has no room for more.
void warn(std::vector<std::string>& warnings, std::string warning);

}  // namespace snapgate::rules
