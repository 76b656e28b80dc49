#include "api/kube/watch.h"

#include "api/freshness.h"
#include "api/kube/operations.h"
#include "api/kube/route_table.h"
#include "api/kube/watch_options.h"

namespace snapgate::api::kube {

using base::Result;

net::Awaitable<Result<void>> watch_objects(Call& call) {
    const net::Request& request = call.request;
    net::Response& response = call.response;
    const Resource& resource = call.resource;
    SNAPGATE_CO_ASSIGN(auto options,
                       read_watch_options(request, resource, call.has_told_versions()));
    SNAPGATE_CO_TRY(co_await check_freshness(call, call.cluster, call.resource.kind));
    response.route = label_of_watch(resource);
    // nginx would hold events back until its buffer is full.
    response.add_header("X-Accel-Buffering", "no");
    if (call.turn) SNAPGATE_CO_TRY(call.turn->rest(options.selector.terms()));
    Watch watch(call, call.form, std::move(options));
    SNAPGATE_CO_TRY(watch.set_out());
    if (const auto begun = co_await response.stream->begin(); !begun || request.method == "HEAD")
        co_return Result<void>();
    const Result<void> ended = co_await watch.run();
    // The answer has begun: an error can only be told within it.
    if (!ended) {
        const std::string event = error_event(ended.error(), request.id);
        const Result<void> told = co_await response.stream->write(event);
        if (!told) response.close = true;
    }
    co_return Result<void>();
}

}  // namespace snapgate::api::kube
