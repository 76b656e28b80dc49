#include "api/routes.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "api/admin/routes.h"
#include "api/console_session.h"
#include "api/errors.h"
#include "api/health.h"
#include "api/identify.h"
#include "api/kube/routes.h"
#include "api/openapi.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "api/router.h"

namespace snapgate::api {
namespace {

using access::Role;
using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kSnapshotQuery = "namespace";
constexpr std::string_view kImportQuery = "onConflict prune dryRun complete pruneAsOf";

constexpr std::string_view kSnapshots = "/v1/spectroclusters/{}/vms/snapshot";
constexpr std::string_view kSnapshotsOfVm = "/v1/spectroclusters/{}/vms/{}/snapshot";
constexpr std::string_view kConsoleSession = "/console/v1/session";
constexpr std::string_view kSnapshot = "/v1/spectroclusters/{}/vms/{}/snapshot/{}";

constexpr Route on_snapshots(Verb verb, std::string_view path, Extent extent, Operation operation) {
    return {verb,
            path,
            is_read(verb) ? Role::kReader : Role::kEditor,
            operation,
            kSnapshotQuery,
            model::Kind::kSnapshot,
            extent,
            verb == Verb::kList ? Wanted::kList : Wanted::kObject,
            {}};
}

constexpr Route on_fleet(std::string_view path, Operation operation) {
    return {Verb::kList, path, Role::kReader, operation, {}, {}, {}, {}, {}};
}

constexpr Route on_server(Verb verb, std::string_view path, std::optional<Role> role,
                          Operation operation, std::string_view takes = {}) {
    return {verb, path, role, operation, takes, {}, {}, {}, {}};
}

// A create that makes no object.
constexpr Route audited_as(std::string_view word, Route route) {
    route.audited_as = word;
    return route;
}

constexpr std::array kRoutes = {
    on_snapshots(Verb::kList, kSnapshots, Extent::kAllNamespaces, palette::list_snapshots),
    on_snapshots(Verb::kCreate, kSnapshotsOfVm, Extent::kCollection, palette::create_snapshot),
    on_snapshots(Verb::kGet, kSnapshot, Extent::kObject, palette::get_snapshot),
    on_snapshots(Verb::kUpdate, kSnapshot, Extent::kObject, palette::update_snapshot),
    on_snapshots(Verb::kDelete, kSnapshot, Extent::kObject, palette::delete_snapshot),
    on_fleet("/v1/spectroclusters/{}/vms/sources", palette::list_sources),
    on_fleet("/v1/spectroclusters/{}/vms/summary", palette::summarize),
    on_fleet("/v1/spectroclusters/{}/vms/protection", palette::report_protection),
    on_server(Verb::kGet, "/v1/dashboard/spectroclusters/vms", Role::kReader,
              palette::list_clusters),
    on_server(Verb::kGet, "/v1/dashboard/projects/metadata", Role::kReader, palette::list_projects),
    on_server(Verb::kGet, "/admin/v1/projects", Role::kReader, admin::list_projects, "applySet"),
    on_server(Verb::kCreate, "/admin/v1/projects", Role::kAdmin, admin::create_project),
    on_server(Verb::kGet, "/admin/v1/projects/{}", Role::kReader, admin::get_project),
    on_server(Verb::kDelete, "/admin/v1/projects/{}", Role::kAdmin, admin::delete_project,
              "force applySet"),
    on_server(Verb::kUpdate, "/admin/v1/projects/{}/quota", Role::kAdmin, admin::set_quota),
    on_server(Verb::kGet, "/admin/v1/clusters", Role::kReader, admin::list_clusters, "applySet"),
    on_server(Verb::kCreate, "/admin/v1/clusters", Role::kAdmin, admin::create_cluster, "dryRun"),
    on_server(Verb::kGet, "/admin/v1/clusters/{}", Role::kReader, admin::get_cluster),
    on_server(Verb::kDelete, "/admin/v1/clusters/{}", Role::kAdmin, admin::delete_cluster,
              "force applySet"),
    on_server(Verb::kUpdate, "/admin/v1/clusters/{}/imports", Role::kAdmin, admin::expect_imports),
    on_server(Verb::kUpdate, "/admin/v1/clusters/{}/kubeconfig", Role::kAdmin,
              admin::set_kubeconfig, "dryRun"),
    audited_as("check", on_server(Verb::kCreate, "/admin/v1/clusters/{}/check", Role::kAdmin,
                                  admin::check_cluster)),
    audited_as("import", on_server(Verb::kCreate, "/admin/v1/clusters/{}/import", Role::kEditor,
                                   admin::import_objects, kImportQuery)),
    on_server(Verb::kGet, "/admin/v1/backup", Role::kAdmin, admin::back_up),
    on_server(Verb::kGet, "/admin/v1/replicas", Role::kAdmin, admin::list_replicas),
    on_server(Verb::kGet, "/admin/v1/whoami", Role::kReader, admin::who_am_i),
    on_server(Verb::kGet, "/admin/v1/keys", Role::kAdmin, admin::list_keys),
    on_server(Verb::kCreate, "/admin/v1/keys", Role::kAdmin, admin::create_key),
    on_server(Verb::kGet, "/admin/v1/keys/{}", Role::kAdmin, admin::get_key),
    on_server(Verb::kDelete, "/admin/v1/keys/{}", Role::kAdmin, admin::delete_key),
    on_server(Verb::kGet, kConsoleSession, std::nullopt, get_console_session),
    on_server(Verb::kCreate, kConsoleSession, std::nullopt, begin_console_session),
    on_server(Verb::kDelete, kConsoleSession, std::nullopt, end_console_session),
    on_server(Verb::kGet, "/livez", std::nullopt, livez),
    on_server(Verb::kGet, "/readyz", std::nullopt, readyz),
    on_server(Verb::kGet, "/version", std::nullopt, version),
    on_server(Verb::kGet, "/openapi.json", std::nullopt, get_openapi),
    on_server(Verb::kGet, "/metrics", Role::kReader, metrics),
};

Result<Match> find(Call& call) {
    return find_route(kRoutes, call.request.method, call.request.path, false);
}

Result<void> refuse(Call& call, const Match& match) {
    const std::string_view method = call.request.method.substr(0, 16);
    const std::string_view path = call.request.path.substr(0, 256);
    if (match.route != nullptr) {
        return Error(Code::kNotFound,
                     "the path is not percent-encoded correctly, or holds a control character");
    }
    if (match.other == nullptr)
        return Error(Code::kNotFound, fmt::format("there is no route {} {}", method, path));
    return Error(Code::kMethodNotAllowed,
                 fmt::format("{} takes {}, not {}", path, match.allow, method), match.allow);
}

Result<bool> admit(Call& call, const Route& route) {
    if (!route.role) return true;
    const net::Request& request = call.request;
    forbid_caches(request, call.response);
    if (request.header_count("ProjectUid") > 1) {
        return Error(Code::kInvalidParameter,
                     "the header ProjectUid was given more than once: give it once", "ProjectUid");
    }
    SNAPGATE_ASSIGN(call.principal, identify(call));
    SNAPGATE_TRY(count_request(call));
    SNAPGATE_ASSIGN(call.scope,
                    access::resolve_scope(call.principal, request.header("ProjectUid").value_or(""),
                                          *call.services.projects.snapshot()));
    SNAPGATE_TRY(access::require_role(call.principal, *route.role));
    return true;
}

Result<Form> negotiate(const Call& call, const Route& route) {
    Form form;
    if (route.answer && !palette::wants_kubernetes_form(call.request)) form.shape = Shape::kPalette;
    return form;
}

Operation choose(const Call& /*call*/, const Route& route) {
    return route.operation;
}

// On a port of its own, which who may reach it decides: no key is asked for.
constexpr std::array kMetricsRoutes = {
    on_server(Verb::kGet, "/metrics", std::nullopt, metrics),
    on_server(Verb::kGet, "/livez", std::nullopt, livez),
    on_server(Verb::kGet, "/readyz", std::nullopt, readyz),
};

Result<Match> find_metrics(Call& call) {
    return find_route(kMetricsRoutes, call.request.method, call.request.path, false);
}

constexpr Face kMetricsFace{Side::kPalette, find_metrics, refuse, admit, negotiate, choose, true};

constexpr Face kFace{Side::kPalette, find, refuse, admit, negotiate, choose, true};

}  // namespace

std::span<const Route> own_routes() {
    return kRoutes;
}

std::span<const Route> metrics_routes() {
    return kMetricsRoutes;
}

net::Handler make_handler(const Services& services) {
    return [&services](net::Request& request, net::Response& response) {
        const Face& face = request.path.starts_with("/clusters/") ? kube::face() : kFace;
        return answer(face, services, request, response);
    };
}

net::Handler make_metrics_handler(const Services& services) {
    return [&services](net::Request& request, net::Response& response) {
        return answer(kMetricsFace, services, request, response);
    };
}

void render_refusal(const net::Refusal& refusal, std::string_view request_id,
                    net::Response& response) {
    Code kind = Code::kInvalidParameter;
    if (refusal.status == 408) kind = Code::kTimeout;
    if (refusal.status == 413 || refusal.status == 414 || refusal.status == 431)
        kind = Code::kTooLarge;
    if (refusal.status == 503) kind = Code::kUnavailable;
    const std::string_view code = to_http(kind).code;
    response.code = code;
    render_error_body(code, refusal.message, request_id, response);
}

}  // namespace snapgate::api
