#include "api/kube/parameters.h"

#include "api/kube/option_errors.h"
#include "base/encoding.h"

namespace snapgate::api::kube {

using base::Result;

namespace {

// nullopt if it is absent.
Result<std::optional<std::string>> given_parameter(const net::Request& request,
                                                   std::string_view name, base::Controls controls) {
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (parameter->name != name) continue;
        SNAPGATE_ASSIGN(std::string value,
                        base::decode_parameter(name, parameter->value, controls));
        return value;
    }
    return std::nullopt;
}

}  // namespace

Result<std::string> first_parameter(const net::Request& request, std::string_view name,
                                    base::Controls controls) {
    SNAPGATE_ASSIGN(std::optional<std::string> value, given_parameter(request, name, controls));
    return std::move(value).value_or(std::string());
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

Result<std::optional<bool>> flag_parameter(const net::Request& request, std::string_view name) {
    SNAPGATE_ASSIGN(const auto value, given_parameter(request, name, base::Controls::kNone));
    if (!value) return std::nullopt;
    return *value != "0" && !base::equal_ignoring_case(*value, "false");
}

Result<std::optional<int64_t>> number_parameter(const net::Request& request,
                                                std::string_view name) {
    SNAPGATE_ASSIGN(const auto value, given_parameter(request, name, base::Controls::kNone));
    if (!value) return std::nullopt;
    return parse_int64_option(name, *value);
}

}  // namespace snapgate::api::kube
