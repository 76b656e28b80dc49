#include "query/list_request.h"

#include "base/query_string.h"
#include "query/parameters.h"

namespace snapgate::query {

using base::Result;

Result<ListRequest> parse_list_request(std::string_view query) {
    ListRequest request;
    bool limit_given = false;
    bool continue_given = false;
    base::QueryString parameters(query);
    while (const auto parameter = parameters.next()) {
        const std::string& name = parameter->name;
        if (name != "vmName" && name != "namespace" && name != "limit" && name != "continue")
            continue;
        SNAPGATE_ASSIGN(std::string value, base::decode_parameter(name, parameter->value));
        if (name == "vmName") {
            SNAPGATE_TRY(add_vms(value, request.vms));
        } else if (name == "namespace") {
            SNAPGATE_TRY(add_namespaces(value, request.namespaces));
        } else if (name == "limit") {
            if (limit_given) return repeated(name);
            limit_given = true;
            SNAPGATE_ASSIGN(request.limit, parse_limit(value, kMaxLimit, kMaxLimit));
        } else {
            if (continue_given) return repeated(name);
            continue_given = true;
            request.continue_token = std::move(value);
        }
    }
    sort_unique(request.vms);
    sort_unique(request.namespaces);
    return request;
}

}  // namespace snapgate::query
