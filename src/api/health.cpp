#include "api/health.h"

#include <functional>
#include <utility>

#include "api/fleet_metrics.h"
#include "base/query_string.h"

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
    // Whoever asks has no key, so the message names neither etcd nor its address.
    if (!call.services.store.follows()) {
        co_return Error(Code::kUnavailable,
                        "this replica does not follow the others' writes now: see the log");
    }
    base::QueryString query(call.request.query);
    while (const auto parameter = query.next()) {
        if (parameter->name != "writes") continue;
        const auto writable = call.services.store.writable();
        // Whoever asks has no key: the message names no path.
        if (!writable) {
            co_return Error(Code::kUnavailable,
                            writable.error().code == Code::kStorageFull
                                ? "writes fail, as there is no room on the disk: reads go on"
                                : "writes fail: see the log; reads go on");
        }
    }
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
    std::string& out = call.response.body;
    co_await append_fleet_metrics(call.services, *call.response.stream, out);
    std::function<void()> append = [&] { call.services.append_metrics(out); };
    co_await call.response.stream->do_aside(std::move(append));
    // Never refused: they show what is full.
    call.request.held->hold_answer_anyway(out.size());
    co_return Result<void>{};
}

}  // namespace snapgate::api
