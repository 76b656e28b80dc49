#include "api/kube/call.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

std::string_view Resource::group() const {
    return kind == model::Kind::kSnapshot ? "snapshot.kubevirt.io" : "";
}

std::string_view Resource::plural() const {
    return kind == model::Kind::kSnapshot ? "virtualmachinesnapshots" : "namespaces";
}

Result<std::string> first_parameter(const net::Request& request, std::string_view name) {
    std::string_view query = request.query;
    while (!query.empty()) {
        size_t end = query.find('&');
        std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        size_t equals = pair.find('=');
        if (base::percent_decode(pair.substr(0, equals), true) != name) continue;
        auto value = base::percent_decode(
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
        if (!value) {
            return Error(Code::kInvalidParameter,
                         fmt::format("{} is not percent-encoded correctly", name),
                         std::string(name));
        }
        return std::move(*value);
    }
    return std::string();
}

Result<bool> flag_parameter(const net::Request& request, std::string_view name) {
    SNAPGATE_ASSIGN(std::string value, first_parameter(request, name));
    // A parameter without a value is true for kube-apiserver ("?watch"), an absent one is not; an
    // empty one ("watch=") is false. Clients that send the first form are not known.
    return !(value.empty() || value == "0" || value == "false");
}

}  // namespace snapgate::api::kube
