#include "api/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/routes.h"
#include "api/call.h"
#include "api/errors.h"
#include "api/health.h"
#include "api/kube/routes.h"
#include "api/palette/routes.h"
#include "api/path_pattern.h"
#include "api/presented_key.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "connect/passed_servers.h"

namespace snapgate::api {
namespace {

using access::Role;
using base::Code;
using base::Error;
using base::Result;

// As much of a parameter's name as a message shows.
constexpr size_t kShownName = 64;

using RouteFunction = net::Awaitable<Result<void>> (*)(Call&);

// One operation. `path`: segments, "{}" for a parameter. Without `role` it needs no key.
struct Route {
    std::string_view method;
    std::string_view path;
    std::optional<Role> role;
    RouteFunction function;
    // Of a write: the parameters that its query may have, blanks between them.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that a read may leave it out
    std::string_view takes = {};

    bool writes() const { return method != "GET"; }
};

constexpr std::string_view kSnapshotQuery = "namespace";
constexpr std::string_view kImportQuery = "onConflict prune dryRun complete pruneAsOf";

// The path is also the route's label in metrics and log: it holds no uid and no name.
constexpr std::array kRoutes = {
    Route{"GET", "/v1/spectroclusters/{}/vms/snapshot", Role::kReader, palette::list_snapshots},
    Route{"POST", "/v1/spectroclusters/{}/vms/{}/snapshot", Role::kEditor, palette::create_snapshot,
          kSnapshotQuery},
    Route{"GET", "/v1/spectroclusters/{}/vms/{}/snapshot/{}", Role::kReader, palette::get_snapshot},
    Route{"PUT", "/v1/spectroclusters/{}/vms/{}/snapshot/{}", Role::kEditor,
          palette::update_snapshot, kSnapshotQuery},
    Route{"DELETE", "/v1/spectroclusters/{}/vms/{}/snapshot/{}", Role::kEditor,
          palette::delete_snapshot, kSnapshotQuery},
    Route{"GET", "/v1/dashboard/spectroclusters/vms", Role::kReader, palette::list_clusters},
    Route{"GET", "/v1/dashboard/projects/metadata", Role::kReader, palette::list_projects},
    Route{"GET", "/admin/v1/projects", Role::kReader, admin::list_projects},
    Route{"POST", "/admin/v1/projects", Role::kAdmin, admin::create_project},
    Route{"GET", "/admin/v1/projects/{}", Role::kReader, admin::get_project},
    Route{"DELETE", "/admin/v1/projects/{}", Role::kAdmin, admin::delete_project, "force"},
    Route{"GET", "/admin/v1/clusters", Role::kReader, admin::list_clusters},
    Route{"POST", "/admin/v1/clusters", Role::kAdmin, admin::create_cluster},
    Route{"GET", "/admin/v1/clusters/{}", Role::kReader, admin::get_cluster},
    Route{"DELETE", "/admin/v1/clusters/{}", Role::kAdmin, admin::delete_cluster, "force"},
    Route{"PUT", "/admin/v1/clusters/{}/kubeconfig", Role::kAdmin, admin::set_kubeconfig},
    Route{"POST", "/admin/v1/clusters/{}/check", Role::kAdmin, admin::check_cluster},
    Route{"POST", "/admin/v1/clusters/{}/import", Role::kEditor, admin::import_objects,
          kImportQuery},
    Route{"GET", "/admin/v1/keys", Role::kAdmin, admin::list_keys},
    Route{"POST", "/admin/v1/keys", Role::kAdmin, admin::create_key},
    Route{"GET", "/admin/v1/keys/{}", Role::kAdmin, admin::get_key},
    Route{"DELETE", "/admin/v1/keys/{}", Role::kAdmin, admin::delete_key},
    Route{"GET", "/livez", std::nullopt, livez},
    Route{"GET", "/readyz", std::nullopt, readyz},
    Route{"GET", "/version", std::nullopt, version},
    Route{"GET", "/metrics", Role::kReader, metrics},
};

struct Match {
    const Route* route = nullptr;
    std::vector<std::string_view> parameters;
    std::string allow;  // the methods of the path, where the method is none of them
};

Match find_route(std::string_view method, std::string_view path) {
    Match match;
    // HEAD is answered wherever GET is; the server leaves the body out.
    std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Route& route : kRoutes) {
        if (!matches(route.path, path, match.parameters)) continue;
        if (route.method == wanted) {
            match.route = &route;
            return match;
        }
        if (!match.allow.empty()) match.allow += ", ";
        match.allow += route.method == "GET" ? "GET, HEAD" : route.method;
    }
    return match;
}

bool is_word_of(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::string_view first = words.substr(0, words.find(' '));
        if (first == word) return true;
        words.remove_prefix(std::min(first.size() + 1, words.size()));
    }
    return false;
}

// A write passes over nothing that it does not know: a mistyped namespace would have it act
// elsewhere, and a dry run that is none would be stored. A read does, as the published one does.
Result<void> check_query(const Route& route, const net::Request& request) {
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (is_word_of(route.takes, parameter->name)) continue;
        return Error(Code::kInvalidParameter,
                     fmt::format("there is no parameter {} here: this operation takes {}",
                                 base::quote(parameter->name, kShownName),
                                 route.takes.empty() ? "none" : route.takes),
                     std::string(base::clip(parameter->name, kShownName)));
    }
    return {};
}

// The operations that delete have no body: what one said (preconditions, a dry run) would be passed
// over. Some clients send an empty object.
net::Awaitable<Result<void>> check_no_body(net::Request& request) {
    SNAPGATE_CO_ASSIGN(auto text, co_await request.body->read_all(kMaxBodyBytes));
    if (text.empty()) co_return Result<void>{};
    const auto value = json::parse(text);
    const json::Object* object = value ? value->if_object() : nullptr;
    if (value && (value->is_null() || (object != nullptr && object->empty())))
        co_return Result<void>{};
    co_return Error(Code::kInvalidBody, "this operation takes no body: leave it out");
}

Result<void> authorize(const Route& route, Call& call) {
    const net::Request& request = call.request;
    if (request.header_count("ProjectUid") > 1) {
        return Error(Code::kInvalidParameter,
                     "the header ProjectUid was given more than once: give it once", "ProjectUid");
    }
    SNAPGATE_ASSIGN(const std::string_view key, presented_key(request));
    SNAPGATE_ASSIGN(call.principal,
                    call.services.keys.authenticate(key, call.services.store.now_ms()));
    SNAPGATE_ASSIGN(call.scope,
                    access::resolve_scope(call.principal, request.header("ProjectUid").value_or(""),
                                          *call.services.projects.snapshot()));
    return access::require_role(call.principal, *route.role);
}

net::Awaitable<Result<void>> run(const Services& services, net::Request& request,
                                 net::Response& response) {
    SNAPGATE_CO_ASSIGN(auto passed,
                       connect::read_passed_servers(request, services.connections.server_id()));
    Match match = find_route(request.method, request.path);
    if (match.route == nullptr) {
        if (match.allow.empty()) {
            co_return Error(Code::kNotFound,
                            fmt::format("there is no route {} {}", request.method.substr(0, 16),
                                        request.path.substr(0, 256)));
        }
        co_return Error(Code::kMethodNotAllowed,
                        fmt::format("{} takes {}, not {}", request.path.substr(0, 256), match.allow,
                                    request.method.substr(0, 16)),
                        match.allow);
    }
    const Route& route = *match.route;
    response.route = route.path;
    Call call(services, request, response);
    call.passed = std::move(passed);
    for (std::string_view parameter : match.parameters) {
        auto decoded = base::decode_segment(parameter);
        if (!decoded) {
            co_return Error(Code::kNotFound,
                            "the path is not percent-encoded correctly, or holds a control "
                            "character");
        }
        call.parameters.push_back(std::move(*decoded));
    }
    if (route.role) {
        if (auto allowed = authorize(route, call); !allowed) co_return allowed.error();
    }
    if (route.writes()) SNAPGATE_CO_TRY(check_query(route, request));
    if (route.method == "DELETE") SNAPGATE_CO_TRY(co_await check_no_body(request));
    co_return co_await route.function(call);
}

net::Awaitable<void> handle(const Services& services, net::Request& request,
                            net::Response& response) {
    if (request.path.starts_with("/clusters/")) {
        co_await kube::handle(services, request, response);
        co_return;
    }
    auto result = co_await run(services, request, response);
    if (result) co_return;
    // A method that is not allowed carries the ones that are.
    std::string allow;
    base::Error error = std::move(result).error();
    if (error.code == Code::kMethodNotAllowed) allow = std::exchange(error.subject, {});
    render_error(error, request.id, response);
    if (!allow.empty()) response.add_header("Allow", allow);
}

}  // namespace

net::Handler make_handler(const Services& services) {
    return [&services](net::Request& request, net::Response& response) {
        return handle(services, request, response);
    };
}

void render_refusal(const net::Refusal& refusal, std::string_view request_id,
                    net::Response& response) {
    std::string_view code = "InvalidParameter";
    switch (refusal.status) {
        case 408:
            code = "RequestTimeout";
            break;
        case 413:
        case 414:
        case 431:
            code = "RequestTooLarge";
            break;
        case 503:
            code = "Unavailable";
            break;
        default:
            break;
    }
    response.code = code;
    render_error_body(code, refusal.message, request_id, response);
}

}  // namespace snapgate::api
