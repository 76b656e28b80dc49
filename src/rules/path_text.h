#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "rules/field_set.h"

namespace snapgate::rules {

// An element of a path as structured-merge-diff shows it: `.spec`, `[="Online"]`, `[uid="1"]`.
std::string element_text(std::string_view element);

// Calls found() with each path of the set in that form, in structured-merge-diff's order: of the
// paths with one beginning, first those with one element more.
void for_path_texts(const FieldSet& fields, const std::function<void(std::string path)>& found);

}  // namespace snapgate::rules
