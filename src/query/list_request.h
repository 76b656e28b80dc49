#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::query {

inline constexpr uint32_t kMaxLimit = 50;
// A page ends early, with a token, at this size: objects may have 2 MiB, and a page is in memory
// until the client has read it.
inline constexpr size_t kMostPageBytes = 8 << 20;

// The request of a list: GET /v1/spectroclusters/{uid}/vms/snapshot.
struct ListRequest {
    std::vector<std::string> vms;         // sorted, each once; none means all
    std::vector<std::string> namespaces;  // likewise
    uint32_t limit = kMaxLimit;           // 1 to 50
    std::string continue_token;           // "" for the first page
    // Objects in the form of Kubernetes' API, not in Palette's. It is no parameter, but another
    // representation of the page: a token can be used with either form.
    bool kubernetes_form = false;
};

// Reads the query of a URL (without '?', not decoded). Lists come as comma separated values (the
// published Go client), as repeated parameters (the TypeScript client), or mixed. Unknown
// parameters are ignored. kInvalidParameter names the parameter and the value.
base::Result<ListRequest> parse_list_request(std::string_view query);

}  // namespace snapgate::query
