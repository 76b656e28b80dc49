#include "api/admin/connection_request.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/test_time.h"
#include "connect/passed_servers.h"
#include "net/server/aside.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;
using Outcome = connect::CheckedPoint::Outcome;

namespace {

// How long a look at a cluster may take.
constexpr std::chrono::milliseconds kCheckTime{10'000};

Error refusal(const connect::ConnectionCheck& check) {
    Error error(Code::kInvalid, "nothing was stored, as the connection is not good");
    for (const connect::CheckedPoint& point : check.points) {
        if (point.outcome != Outcome::kBad) continue;
        std::string text = point.message;
        if (!point.advice.empty()) text += ": " + point.advice;
        error.message += fmt::format("; {}: {}", point.name, text);
        error.causes.push_back({point.name, std::move(text), "kubeconfig"});
    }
    return error;
}

}  // namespace

cluster::ConnectedBy connected_by(const Call& call) {
    return call.principal.project.empty() ? cluster::ConnectedBy::kTenant
                                          : cluster::ConnectedBy::kProject;
}

net::Awaitable<Result<connect::ConnectionCheck>> look_at(
    const Call& call, connect::Connection connection,
    std::shared_ptr<const net::AddressRules> rules) {
    const std::string& project = call.principal.project;
    net::RequestPlaces::Who who{"check " + project, project};
    auto place = co_await call.services.mirrors.places().take(std::move(who), kCheckTime);
    if (!place) {
        co_return Error(Code::kUnavailable,
                        "the connection cannot be checked now: " + place.error().message);
    }
    std::string passed = connect::passed_with(call.passed, call.services.mirrors.server_id());
    co_return co_await connect::check_connection(std::move(connection), std::move(rules),
                                                 std::move(passed), base::system_clock(),
                                                 base::test_time("connection-check", kCheckTime));
}

net::Awaitable<Result<connect::Connection>> read_connection(Call& call, const json::Object& body) {
    SNAPGATE_CO_ASSIGN(const std::string text, json::optional_string(body, "kubeconfig"));
    if (text.empty()) {
        co_return Error(Code::kInvalidBody,
                        "kubeconfig is missing: the text of a kubeconfig with "
                        "everything inline",
                        "kubeconfig");
    }
    SNAPGATE_CO_ASSIGN(const std::string context, json::optional_string(body, "context"));
    auto read = [&] { return connect::read_kubeconfig(text, context); };
    co_return co_await net::make_aside(*call.response.stream, text.size() * net::kYamlWeight,
                                       std::move(read));
}

net::Awaitable<Result<CheckedConnection>> check_request(const Call& call,
                                                        connect::Connection connection) {
    auto check =
        co_await look_at(call, connection, call.services.sources.rules().of(connected_by(call)));
    if (!check) {
        // What cannot be a connection is a fault of the kubeconfig.
        Error error = check.error();
        if (error.code == Code::kInvalidParameter) error.code = Code::kInvalidBody;
        co_return error;
    }
    if (check->refused()) co_return refusal(*check);
    CheckedConnection checked{std::move(connection), std::move(*check)};
    co_return checked;
}

}  // namespace snapgate::api::admin
