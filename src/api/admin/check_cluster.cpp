#include <fmt/format.h>

#include "api/admin/cluster_document.h"
#include "api/admin/connection_request.h"
#include "api/admin/routes.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

namespace {

void respond(Call& call, const connect::ConnectionCheck& check) {
    json::Object answer{{"points", points_document(check)}};
    if (!check.served_version.empty()) answer["servedVersion"] = check.served_version;
    respond_json(call, 200, answer);
}

// There is no connection to be tried: that is what was found.
connect::ConnectionCheck without_connection(const Error& error) {
    connect::ConnectionCheck check;
    check.points.push_back(
        {"Identity", connect::CheckedPoint::Outcome::kBad, error.message, std::string()});
    return check;
}

}  // namespace

net::Awaitable<Result<void>> check_cluster(Call& call) {
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    if (!cluster.connected()) {
        co_return Error(
            Code::kConflict,
            fmt::format("cluster \"{}\" is hosted: there is no connection to check", cluster.name));
    }
    const auto source = call.services.sources.of(cluster);
    auto connection = co_await source->current();
    if (!connection) {
        respond(call, without_connection(connection.error()));
        co_return Result<void>{};
    }
    auto check = co_await look_at(call, **connection, source->rules());
    if (!check && check.error().code != Code::kInvalidParameter) co_return check.error();
    respond(call, check ? *check : without_connection(check.error()));
    // Whoever looks wants to know now.
    call.services.mirrors.retry_now(cluster);
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin
