#include "api/kube/parameters.h"

namespace snapgate::api::kube {

using base::Result;

Result<std::string> first_parameter(const net::Request& request, std::string_view name,
                                    base::Controls controls) {
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (parameter->name == name)
            return base::decode_parameter(name, parameter->value, controls);
    }
    return std::string();
}

Result<std::vector<std::string>> every_parameter(const net::Request& request,
                                                 std::string_view name) {
    std::vector<std::string> values;
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (parameter->name != name) continue;
        SNAPGATE_ASSIGN(std::string value, base::decode_parameter(name, parameter->value));
        values.push_back(std::move(value));
    }
    return values;
}

Result<bool> flag_parameter(const net::Request& request, std::string_view name) {
    SNAPGATE_ASSIGN(std::string value, first_parameter(request, name));
    // A parameter without a value is true for kube-apiserver ("?watch"), an absent one is not; an
    // empty one ("watch=") is false. Clients that send the first form are not known.
    return !(value.empty() || value == "0" || value == "false");
}

}  // namespace snapgate::api::kube
