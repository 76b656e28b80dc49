#include "api/kube/watch_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "api/kube/option_errors.h"
#include "api/kube/parameters.h"
#include "base/quote.h"
#include "base/random_time.h"

namespace snapgate::api::kube {

using base::Cause;
using base::Result;

namespace {

constexpr std::string_view kNotOlderThan = "NotOlderThan";
// As kube-apiserver's --min-request-timeout: without a wish a watch lasts as long, at most twice.
constexpr std::chrono::seconds kDefault{1800};
constexpr int64_t kMaxSeconds = int64_t{24} * 3600;

std::chrono::seconds timeout_of(int64_t given) {
    if (given != 0) return std::chrono::seconds(std::clamp<int64_t>(given, 0, kMaxSeconds));
    // At random, so that those who came together do not come back together.
    return kDefault + base::random_up_to(kDefault);
}

// What does not go together, in the order in which kube-apiserver looks.
std::vector<Cause> find_contradictions(bool sends_initial_events, std::string_view match,
                                       bool continues) {
    constexpr std::string_view kField = "resourceVersionMatch";
    std::vector<Cause> causes;
    if (sends_initial_events && match != kNotOlderThan) {
        causes.push_back(forbidden(
            kField, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if (match.empty()) return causes;
    if (!sends_initial_events) {
        causes.push_back(
            forbidden(kField,
                      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                      "provided"));
    }
    if (match != kNotOlderThan) {
        causes.push_back({"FieldValueNotSupported",
                          fmt::format("Unsupported value: {}: supported values: \"{}\"",
                                      base::quote(match), kNotOlderThan),
                          std::string(kField)});
    }
    if (continues) {
        causes.push_back(
            forbidden(kField, "resourceVersionMatch is forbidden when continue is provided"));
    }
    return causes;
}

// Of a watch whose path names one object. kube-apiserver refuses a field selector beside it that
// does not require the same name (endpoints/handlers, ListResource).
Result<void> select_named(const std::string& name, query::Selector& selector) {
    if (name.empty()) return {};
    if (selector.reads_fields() && selector.only_name() != name) {
        return base::Error(base::Code::kInvalidParameter,
                           "fieldSelector metadata.name doesn't match requested name",
                           "fieldSelector");
    }
    selector.require_name(name);
    return {};
}

}  // namespace

Result<WatchOptions> read_watch_options(const net::Request& request, const Resource& resource,
                                        bool mirrored) {
    WatchOptions options;
    SNAPGATE_ASSIGN(const std::string labels,
                    first_parameter(request, "labelSelector", base::Controls::kBlanks));
    SNAPGATE_ASSIGN(const std::string fields, first_parameter(request, "fieldSelector"));
    SNAPGATE_ASSIGN(const auto timeout, number_parameter(request, "timeoutSeconds"));
    options.timeout = timeout_of(timeout.value_or(0));
    SNAPGATE_ASSIGN(const auto bookmarks, flag_parameter(request, "allowWatchBookmarks"));
    options.bookmarks = bookmarks.value_or(false);
    SNAPGATE_ASSIGN(const std::string match, first_parameter(request, "resourceVersionMatch"));
    SNAPGATE_ASSIGN(const auto initial, flag_parameter(request, "sendInitialEvents"));
    SNAPGATE_ASSIGN(const std::string token, first_parameter(request, "continue"));
    SNAPGATE_ASSIGN(options.selector, query::Selector::parse(resource.kind, labels, fields));
    SNAPGATE_TRY(select_named(resource.name, options.selector));
    auto contradictions = find_contradictions(initial.has_value(), match, !token.empty());
    if (!contradictions.empty()) return invalid_options("ListOptions", std::move(contradictions));
    SNAPGATE_ASSIGN(const std::string version, first_parameter(request, "resourceVersion"));
    if (mirrored && version != "0") {
        SNAPGATE_ASSIGN(options.mirror_from, parse_mirror_version(version));
    } else if (!version.empty()) {
        SNAPGATE_ASSIGN(options.from, parse_version_option(version));
    }
    options.state = initial.value_or(options.from == 0 && options.mirror_from.empty());
    options.marks_state = initial.value_or(false);
    return options;
}

}  // namespace snapgate::api::kube
