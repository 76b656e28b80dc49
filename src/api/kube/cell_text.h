#pragma once

#include <string>
#include <string_view>

namespace snapgate::api::kube {

// Appends the cell of a Table that shows `json`, a valid JSON string with its quotes, to `out`:
// kubectl prints cells as they are, so characters that a terminal acts on, that turn the direction
// of text or that cannot be seen are spelled out, as \u202e. Line ends and tabs stay: kubectl
// itself ends a cell there.
void append_cell_text(std::string_view json, std::string& out);

}  // namespace snapgate::api::kube
