#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::api::palette {

// What stands around the items of a page of snapshots.
inline constexpr std::string_view kListBegin =
    R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","items":[)";

// Appends what follows the items. `token` is empty on the last page, which tells no `remaining`
// either.
void append_list_end(std::string_view token, std::optional<uint64_t> remaining,
                     std::string_view version, std::string& out);

}  // namespace snapgate::api::palette
