#include "api/cluster_writes.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"

namespace snapgate::api::palette {
namespace {

using base::Code;
using base::Result;

std::string_view vm_of(const json::Object& live) {
    const json::Value* name = nullptr;
    if (const json::Value* spec = live.if_contains("spec"); spec != nullptr && spec->is_object()) {
        if (const json::Value* source = spec->get_object().if_contains("source");
            source != nullptr && source->is_object())
            name = source->get_object().if_contains("name");
    }
    return name != nullptr && name->is_string() ? std::string_view(name->get_string())
                                                : std::string_view();
}

}  // namespace

net::Awaitable<Result<void>> update_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_snapshot(call, request));
    if (request.cluster.connected()) {
        InCluster place{call, request.cluster, request.ns, request.name,
                        field_manager(call.request)};
        SNAPGATE_CO_ASSIGN(auto written, co_await update_in_cluster(std::move(place), request.vm,
                                                                    std::move(body.object)));
        co_return respond_snapshot(call, written);
    }
    const rules::Target target{request.ns, request.name, false};
    const rules::Writer writer = writer_of(call);
    objects::Decide decide = [&](const json::Object& live) -> Result<rules::Change> {
        if (vm_of(live) != request.vm) return request.no_such_snapshot();
        return rules::update(live, body, target, writer);
    };
    auto written = co_await objects::change(call.services.hosted_store(), request.place(),
                                            std::move(decide), false);
    if (!written) {
        if (written.error().code == Code::kNotFound) co_return request.no_such_snapshot();
        co_return written.error();
    }
    co_return respond_snapshot(call, *written);
}

}  // namespace snapgate::api::palette
