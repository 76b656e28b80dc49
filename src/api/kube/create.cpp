#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "objects/hosted_writes.h"

namespace snapgate::api::kube {

using base::Result;

net::Awaitable<Result<void>> create_object(Call& call) {
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "CreateOptions"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_object(call));
    objects::Place place = place_of(call);
    place.name.clear();  // the body's is what counts
    const objects::CreateOptions options{.dry_run = parameters.dry_run};
    SNAPGATE_CO_ASSIGN(auto written, co_await objects::create_hosted(
                                         call.write_context(), std::move(place), std::move(body),
                                         std::move(parameters.writer), options));
    co_return co_await respond_written(call, std::move(written), 201);
}

}  // namespace snapgate::api::kube
