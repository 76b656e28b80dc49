#include "api/kube/delete_options.h"

#include <utility>

#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "api/kube/parameters.h"
#include "api/kube/protobuf.h"
#include "json/object.h"
#include "json/yaml.h"
#include "net/server/aside.h"
#include "objects/hosted_writes.h"

namespace snapgate::api::kube {
namespace {

using base::Error;
using base::Result;

// What kube-apiserver answers when an object is gone: a Status also where a Table was asked for.
// `uid`: "" if it is not known.
void respond_gone(Call& call, std::string_view uid) {
    const Resource& resource = call.resource;
    json::Object details{{"name", resource.name}};
    if (!resource.group().empty()) details["group"] = resource.group();
    details["kind"] = resource.plural();
    if (!uid.empty()) details["uid"] = uid;
    const json::Value status = json::Object{{"kind", "Status"},
                                            {"apiVersion", "v1"},
                                            {"metadata", json::Object()},
                                            {"status", "Success"},
                                            {"details", std::move(details)}};
    net::Response& response = call.response;
    response.content_type = call.form.content_type();
    response.body +=
        call.form.media == Media::kYaml ? json::to_yaml(status) : json::serialize(status) + "\n";
}

// What the query says, as a body would have said it (Convert_url_Values_To_v1_DeleteOptions of
// meta/v1): the preconditions stand in it by themselves.
Result<json::Object> options_of_query(const Call& call) {
    const net::Request& request = call.request;
    json::Object options;
    json::Object preconditions;
    SNAPGATE_ASSIGN(const std::string policy, first_parameter(request, "propagationPolicy"));
    if (!policy.empty()) options["propagationPolicy"] = policy;
    SNAPGATE_ASSIGN(const auto orphan, flag_parameter(request, "orphanDependents"));
    if (orphan) options["orphanDependents"] = *orphan;
    SNAPGATE_TRY(number_parameter(request, "gracePeriodSeconds"));
    SNAPGATE_ASSIGN(const std::string uid, first_parameter(request, "uid"));
    if (!uid.empty()) preconditions["uid"] = uid;
    // Of a collection it is the list's.
    SNAPGATE_ASSIGN(const std::string version, first_parameter(request, "resourceVersion"));
    if (!version.empty() && !call.resource.name.empty()) preconditions["resourceVersion"] = version;
    if (!preconditions.empty()) options["preconditions"] = std::move(preconditions);
    return options;
}

}  // namespace

net::Awaitable<Result<rules::DeleteOptions>> read_options(Call& call) {
    const std::string type = content_type(call.request);
    const bool yaml = type == "application/yaml";
    SNAPGATE_CO_ASSIGN(auto text, co_await read_body(call, kMaxSmallBodyBytes));
    if (!text.empty() && type == kProtobufType) {
        SNAPGATE_CO_ASSIGN(auto same, read_protobuf(text));
        text = json::serialize(same);
    } else if (!text.empty() && !yaml && type != "application/json") {
        co_return unsupported_body(
            "application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
    auto parse = [&] { return rules::read_delete_options(text, yaml); };
    const size_t bytes = yaml ? text.size() * net::kYamlWeight : text.size();
    SNAPGATE_CO_ASSIGN(auto options,
                       co_await net::make_aside(*call.response.stream, bytes, std::move(parse)));
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "DeleteOptions"));
    if (parameters.dry_run) options.dry_run = true;
    SNAPGATE_CO_ASSIGN(auto same, options_of_query(call));
    SNAPGATE_CO_ASSIGN(auto asked, rules::read_delete_options(json::serialize(same), false));
    if (same.contains("propagationPolicy") || same.contains("orphanDependents"))
        options.propagation = asked.propagation;
    // kube-apiserver reads the query where there is no body. Passing over what it says beside one
    // would delete what the caller wanted to be spared.
    if (options.uid.empty()) options.uid = asked.uid;
    if (options.resource_version.empty()) options.resource_version = asked.resource_version;
    co_return std::move(options);
}

net::Awaitable<Result<void>> delete_object(Call& call) {
    SNAPGATE_CO_ASSIGN(auto options, co_await read_options(call));
    SNAPGATE_CO_ASSIGN(auto written, co_await objects::remove_hosted(
                                         call.write_context(), place_of(call), std::move(options)));
    if (!written.removed) co_return co_await respond_written(call, std::move(written), 200);
    json::Identity identity;
    if (!written.value.empty()) {
        SNAPGATE_CO_ASSIGN(const auto object, model::decode_object(written.value));
        SNAPGATE_CO_ASSIGN(identity, json::read_identity(object));
    }
    respond_gone(call, identity.uid);
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube
