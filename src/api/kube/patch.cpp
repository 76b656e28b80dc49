#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "api/kube/parameters.h"
#include "model/api_names.h"
#include "objects/hosted_writes.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

namespace {

// A patch sees the object as its client does.
json::Object as_v1alpha1(json::Object object) {
    object["apiVersion"] = model::kOldApiVersion;
    return object;
}

}  // namespace

net::Awaitable<Result<void>> patch_object(Call& call) {
    if (call.resource.name.empty())
        co_return Error(Code::kInvalidParameter, "name must be provided");
    const std::string type = content_type(call.request);
    const bool merge = type == "application/merge-patch+json";
    if (!merge && type != "application/json-patch+json") {
        co_return unsupported_body("application/json-patch+json, application/merge-patch+json");
    }
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "PatchOptions"));
    parameters.writer.patch = true;
    SNAPGATE_CO_ASSIGN(auto force, first_parameter(call.request, "force"));
    if (!force.empty())
        co_return forbidden_option("PatchOptions", "force",
                                   "may not be specified for non-apply patch");
    SNAPGATE_CO_ASSIGN(auto text, co_await read_body(call));
    const rules::Target target{call.resource.ns, call.resource.name, call.resource.status};
    const rules::PatchType patch_type = merge ? rules::PatchType::kMerge : rules::PatchType::kJson;
    objects::Decide decide = [&](const json::Object& live) -> Result<rules::Change> {
        SNAPGATE_ASSIGN(rules::Body body,
                        call.resource.v1alpha1
                            ? rules::patched_body(as_v1alpha1(live), patch_type, text)
                            : rules::patched_body(live, patch_type, text));
        return rules::update(live, std::move(body), target, parameters.writer);
    };
    SNAPGATE_CO_ASSIGN(auto written,
                       co_await objects::change_hosted(call.write_context(), place_of(call),
                                                       std::move(decide), parameters.dry_run));
    co_return respond_written(call, written, 200);
}

}  // namespace snapgate::api::kube
