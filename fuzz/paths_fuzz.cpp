// The path of a request, and what is made of its segments: the route that is found, the names in
// it, and the path in a connected cluster. The first line of the input is a path; the second one a
// text that is encoded.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/kube/cluster_path.h"
#include "api/kube/route_table.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "check.h"
#include "input.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    for (size_t at = 0;;) {
        const size_t slash = path.find('/', at);
        segments.push_back(path.substr(at, slash - at));
        if (slash == std::string_view::npos) return segments;
        at = slash + 1;
    }
}

// A second, simple reading of a route's pattern.
bool fits(std::string_view pattern, std::string_view path) {
    const auto wanted = segments_of(pattern);
    const auto given = segments_of(path);
    return std::ranges::equal(wanted, given, [](std::string_view one, std::string_view other) {
        return one == "{}" ? !other.empty() : one == other;
    });
}

void check_route(std::span<const api::Route> routes, std::string_view method,
                 std::string_view path) {
    for (const bool watch : {false, true}) {
        const api::Match match = api::find_route(routes, method, path, watch);
        // A list is no watch, though both are a GET.
        const api::Verb other_read = watch ? api::Verb::kList : api::Verb::kWatch;
        const std::string_view wanted = method == "HEAD" ? "GET" : method;
        bool any = false;
        bool takes = false;
        for (const api::Route& route : routes) {
            if (route.verb == other_read || !fits(route.path, path)) continue;
            any = true;
            takes = takes || api::method_of(route.verb) == wanted;
        }
        check(takes == (match.route != nullptr), "a route that takes the method");
        check(any == (match.route != nullptr || match.other != nullptr), "a path that there is");
        if (match.route == nullptr) {
            check(match.other == nullptr || (fits(match.other->path, path) && !match.allow.empty()),
                  "the methods of a path");
            continue;
        }
        check(fits(match.route->path, path), "a route fits its path");
        // The parameters in the places of the pattern are the path again.
        std::string whole;
        size_t next = 0;
        for (const std::string_view segment : segments_of(match.route->path)) {
            const bool is_place = segment == "{}";
            check(!is_place || next < match.parameters.size(), "a parameter for each place");
            whole += is_place ? match.parameters[next++] : segment;
            whole += '/';
        }
        whole.pop_back();
        check_equal(whole, path, "the parameters are the path's");
        check(next == match.parameters.size(), "no parameter too many");
    }
}

void check_segment(std::string_view segment) {
    const auto name = base::decode_segment(segment);
    if (name) {
        check(std::ranges::none_of(
                  *name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
              "no control gets through");
        const auto again = base::decode_segment(base::percent_encode(*name));
        check(again && *again == *name, "a name is encoded and decoded");
    }
    const auto bytes = base::percent_decode(base::percent_encode(segment), false);
    check(bytes && *bytes == segment, "any bytes are encoded and decoded");
    const auto blank = base::percent_decode(base::percent_encode(segment), true);
    check(blank && *blank == segment, "in a query, too");
}

void check_cluster_path(std::string_view ns, std::string_view name, bool status) {
    api::kube::Resource resource;
    resource.ns = ns;
    resource.name = name;
    resource.status = status && !name.empty();
    const auto path = api::kube::path_in_cluster(resource, "v1beta1");
    if (!path) {
        check(path.error().code == base::Code::kNotFound, "what can be no name is not found");
        return fuzz::check_says_why(path.error());
    }
    std::string expected = "/apis/snapshot.kubevirt.io/v1beta1";
    if (!ns.empty()) expected += "/namespaces/" + std::string(ns);
    expected += "/virtualmachinesnapshots";
    if (!name.empty()) expected += "/" + std::string(name);
    if (resource.status) expected += "/status";
    check_equal(*path, expected, "a path in the cluster has the names as they are");
    check(path->find("..") == std::string::npos && path->find("//") == std::string::npos,
          "a path leads nowhere else");
}

void check_query(std::string_view query) {
    base::QueryString parameters(query);
    size_t count = 0;
    while (const auto parameter = parameters.next()) {
        ++count;
        const auto value = base::decode_parameter(parameter->name, parameter->value);
        if (value) {
            check(std::ranges::none_of(
                      *value,
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
                  "no control gets through");
        } else {
            check(value.error().subject == parameter->name, "a refusal names the parameter");
        }
    }
    check(count <= static_cast<size_t>(std::ranges::count(query, '&')) + 1,
          "a parameter stands between two separators");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    const size_t line = std::min(text.find('\n'), text.size());
    const std::string_view path = text.substr(0, line);
    const std::string_view other = text.substr(std::min(line + 1, text.size()));
    constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST", "PUT",
                                                       "PATCH", "DELETE", "get"};
    const std::string_view method = kMethods[size % kMethods.size()];
    check_route(api::kube::cluster_routes(), method, path);
    check_route(api::kube::fleet_routes(), method, path);
    for (const std::string_view segment : segments_of(path)) check_segment(segment);
    check_segment(other);
    check_query(other);
    const size_t slash = other.find('/');
    check_cluster_path(other.substr(0, slash),
                       slash == std::string_view::npos ? "" : other.substr(slash + 1),
                       size % 2 == 0);
    return 0;
}
