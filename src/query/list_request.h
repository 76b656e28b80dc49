#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::query {

inline constexpr uint32_t kMaxLimit = 50;
inline constexpr size_t kMaxFilterValues = 1000;
inline constexpr size_t kMaxTokenBytes = 1024;

// What a list was asked for: GET /v1/spectroclusters/{uid}/vms/snapshot.
struct ListRequest {
    std::vector<std::string> vms;         // sorted, each once; none means all
    std::vector<std::string> namespaces;  // the same
    uint32_t limit = kMaxLimit;           // 1 to 50
    std::string continue_token;           // "" for the first page
    // Objects as Kubernetes' API gives them, not in Palette's form. No parameter says so: it is a
    // representation of the same page, and a token goes on in either.
    bool kubernetes_form = false;
};

// Reads the query of a URL (without '?', not decoded). Lists come as comma separated values, as
// repeated parameters, or mixed: the published Go client does the one, the TypeScript client the
// other. Unknown parameters are ignored. kInvalidParameter names the parameter and the value.
base::Result<ListRequest> parse_list_request(std::string_view query);

}  // namespace snapgate::query
