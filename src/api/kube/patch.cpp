#include <utility>

#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "api/kube/option_errors.h"
#include "api/kube/parameters.h"
#include "model/api_names.h"
#include "net/server/aside.h"
#include "objects/hosted_writes.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kApply = "application/apply-patch+yaml";

// A server-side apply. On /status it makes nothing new.
net::Awaitable<Result<void>> apply_object(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto manager,
                       first_parameter(call.request, "fieldManager", base::Controls::kAny));
    if (manager.empty())
        co_return invalid_options(
            "PatchOptions", {{"FieldValueRequired", "Required value: is required for apply patch",
                              "fieldManager"}});
    SNAPGATE_CO_ASSIGN(const auto parameters, read_write_parameters(call, "PatchOptions"));
    SNAPGATE_CO_ASSIGN(const auto force, flag_parameter(call.request, "force"));
    SNAPGATE_CO_ASSIGN(const auto text, co_await read_body(call));
    // Most clients send JSON under that type.
    if (text.size() > kMaxYamlBodyBytes && !text.starts_with('{'))
        co_return too_large(kMaxYamlBodyBytes);
    auto decode = [&text] { return rules::decode_applied(text); };
    const size_t bytes = text.starts_with('{') ? text.size() : text.size() * net::kYamlWeight;
    SNAPGATE_CO_ASSIGN(const auto applied,
                       co_await net::make_aside(*call.response.stream, bytes, std::move(decode)));
    const rules::Target target{call.resource.ns, call.resource.name, call.resource.status};
    objects::Decide decide = [&](const json::Object& live) {
        return rules::apply(live, applied, target, parameters.writer, force.value_or(false));
    };
    objects::MakeNew make = [&](const std::string& uid) {
        return rules::apply_new(applied, target, uid, parameters.writer);
    };
    auto change = target.status ? objects::change_hosted(call.write_context(), place_of(call),
                                                         std::move(decide), parameters.dry_run)
                                : objects::apply_hosted(call.write_context(), place_of(call),
                                                        std::move(decide), std::move(make),
                                                        parameters.dry_run);
    SNAPGATE_CO_ASSIGN(auto written, co_await std::move(change));
    const unsigned status = written.created ? 201 : 200;
    co_return co_await respond_written(call, std::move(written), status);
}

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
    if (type == kApply) co_return co_await apply_object(call);
    const bool merge = type == "application/merge-patch+json";
    if (!merge && type != "application/json-patch+json") {
        co_return unsupported_body(
            "application/json-patch+json, application/merge-patch+json, "
            "application/apply-patch+yaml");
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
    co_return co_await respond_written(call, std::move(written), 200);
}

}  // namespace snapgate::api::kube
