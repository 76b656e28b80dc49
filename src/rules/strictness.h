#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

// A body that could not be read as an object of `kind`: 400 in kube-apiserver's words, or 422 where
// the body came from a patch. `what` says what is wrong, `field` where, if it is at one place.
base::Error unreadable(const json::Object& body, std::string_view kind, const Writer& writer,
                       std::string_view what, std::string_view field = {});

// What fieldValidation makes of what a strict decoder refuses: nothing, warnings or an error.
// `unknown` are paths of fields.
base::Result<void> judge_strictly(const Body& body, const std::vector<std::string>& unknown,
                                  std::string_view kind, const Writer& writer,
                                  std::vector<std::string>& warnings);

// Adds a warning unless the answer has as many as its head can take.
void warn(std::vector<std::string>& warnings, std::string warning);

}  // namespace snapgate::rules
