#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapgate::model {

// A quantity as Kubernetes writes it (resource.Quantity of k8s.io/apimachinery): "30Gi", "1.5G",
// "1e3", "5000m". The whole bytes, rounded up; nullopt for any other text, for a negative quantity,
// and for one of kQuantityEnd or more.
inline constexpr uint64_t kQuantityEnd = uint64_t{1} << 60;
std::optional<uint64_t> parse_quantity(std::string_view text);

}  // namespace snapgate::model
