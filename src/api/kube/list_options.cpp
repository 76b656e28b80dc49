#include "api/kube/list_options.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/kube/option_errors.h"
#include "api/kube/parameters.h"
#include "base/quote.h"

namespace snapgate::api::kube {

using base::Cause;
using base::Result;
using Match = query::KubeListRequest::Match;

namespace {

constexpr std::string_view kMatch = "resourceVersionMatch";

// What does not go together, in the order in which kube-apiserver looks.
std::vector<Cause> find_contradictions(std::string_view match, std::string_view version,
                                       bool continues, bool sends_initial_events) {
    std::vector<Cause> causes;
    if (sends_initial_events) {
        causes.push_back(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    if (match.empty()) return causes;
    if (version.empty()) {
        causes.push_back(forbidden(
            kMatch, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (continues) {
        causes.push_back(
            forbidden(kMatch, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (match != "Exact" && match != "NotOlderThan") {
        causes.push_back({"FieldValueNotSupported",
                          fmt::format("Unsupported value: {}: supported values: \"Exact\", "
                                      "\"NotOlderThan\", \"\"",
                                      base::quote(match)),
                          std::string(kMatch)});
    }
    if (match == "Exact" && version == "0") {
        causes.push_back(forbidden(
            kMatch, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
    }
    return causes;
}

}  // namespace

Result<query::KubeListRequest> read_list_options(const net::Request& request,
                                                 const Resource& resource, bool mirrored) {
    query::KubeListRequest options;
    options.kind = resource.kind;
    options.ns = resource.ns;
    SNAPGATE_ASSIGN(const std::string labels,
                    first_parameter(request, "labelSelector", base::Controls::kBlanks));
    SNAPGATE_ASSIGN(const std::string fields, first_parameter(request, "fieldSelector"));
    SNAPGATE_ASSIGN(const std::string version, first_parameter(request, "resourceVersion"));
    SNAPGATE_ASSIGN(const std::string match, first_parameter(request, kMatch));
    SNAPGATE_ASSIGN(const auto initial, flag_parameter(request, "sendInitialEvents"));
    SNAPGATE_TRY(number_parameter(request, "timeoutSeconds"));
    SNAPGATE_ASSIGN(const auto given_limit, number_parameter(request, "limit"));
    const int64_t limit = given_limit.value_or(0);
    SNAPGATE_ASSIGN(options.continue_token, first_parameter(request, "continue"));
    SNAPGATE_ASSIGN(options.selector, query::Selector::parse(resource.kind, labels, fields));
    auto contradictions =
        find_contradictions(match, version, !options.continue_token.empty(), initial.has_value());
    if (!contradictions.empty()) return invalid_options("ListOptions", std::move(contradictions));
    if (mirrored && !version.empty() && version != "0") {
        SNAPGATE_ASSIGN(options.mirror_version, parse_mirror_version(version));
    } else if (!version.empty()) {
        SNAPGATE_ASSIGN(options.version, parse_version_option(version));
    }
    options.selector_text = fmt::format("{}\n{}", labels, fields);
    options.limit = limit > 0 ? static_cast<uint64_t>(limit) : 0;
    options.match = match.empty()      ? Match::kUnset
                    : match == "Exact" ? Match::kExact
                                       : Match::kNotOlderThan;
    return options;
}

}  // namespace snapgate::api::kube
