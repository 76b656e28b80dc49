#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapgate::mirror {

// A resource version as the number it is with every Kubernetes there is; nullopt for another text.
// (Kubernetes promises its order from 1.35 on; what is compared here is only ever used to do more
// than is needed, never less.)
std::optional<uint64_t> version_number(std::string_view version);

// Whether both are numbers and `a` is the greater one.
bool is_newer(std::string_view a, std::string_view b);

}  // namespace snapgate::mirror
