#include "api/health.h"

#include "api/fleet_metrics.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> livez(Call& call) {
    call.response.content_type = "text/plain; charset=utf-8";
    call.response.body += "ok\n";
    co_return Result<void>{};
}

net::Awaitable<Result<void>> readyz(Call& call) {
    auto records = call.services.store.read().record(store::RecordType::kProject, "");
    if (!records) co_return Error(Code::kUnavailable, "the store cannot be read: see the log");
    co_return co_await livez(call);
}

net::Awaitable<Result<void>> version(Call& call) {
    respond_json(call, 200, json::Object{{"version", SNAPGATE_VERSION}});
    co_return Result<void>{};
}

net::Awaitable<Result<void>> metrics(Call& call) {
    if (!call.scope.project.empty())
        co_return Error(Code::kForbidden, "metrics tell of every project: use a key of the tenant");
    call.response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    call.response.body += call.services.metrics();
    co_await append_fleet_metrics(call.services, call.response.body);
    co_return Result<void>{};
}

}  // namespace snapgate::api
