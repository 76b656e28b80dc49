#include "api/kube/passed_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "connect/status_reason.h"
#include "json/cluster_answers.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "objects/cluster_answer.h"

namespace snapgate::api::kube {
namespace {

// What requests that are passed on are answered with. Whoever may connect clusters could otherwise
// read through this server what other services of its network say.
constexpr std::array<std::string_view, 9> kKinds = {model::kSnapshotKind,
                                                    "VirtualMachineSnapshotList",
                                                    "Namespace",
                                                    "NamespaceList",
                                                    "List",
                                                    "Table",
                                                    "PartialObjectMetadata",
                                                    "PartialObjectMetadataList",
                                                    "Status"};
// Before a message of Kubernetes' protobuf.
constexpr std::string_view kProtobufMark("k8s\0", 4);

bool is_kind(std::string_view text) {
    const auto type = json::read_type(text);
    return type && !type->api_version.empty() &&
           std::ranges::find(kKinds, type->kind) != kKinds.end();
}

// The text as JSON says what it is, also where it is YAML; protobuf is handed on as it is.
bool is_answer(const net::ClientResponse& answer, std::string_view type) {
    if (type.ends_with("protobuf")) return answer.body.starts_with(kProtobufMark);
    if (!type.ends_with("yaml")) return is_kind(answer.body);
    const auto json = json::yaml_document_to_json(answer.body);
    return json && is_kind(*json);
}

std::string in_version(std::string text, std::string_view type,
                       const json::ApiVersionChange& change) {
    if (change.none() || type.ends_with("protobuf")) return text;
    if (!type.ends_with("yaml")) return json::change_api_version(std::move(text), change);
    auto json = json::yaml_document_to_json(text);
    if (!json) return text;
    const auto value = json::parse(json::change_api_version(std::move(*json), change));
    return value ? json::to_yaml(*value) : text;
}

// Of an answer that does not say so itself. What is no answer of a Kubernetes API server's is a
// fault of what stands between.
unsigned status_of_bare_answer(unsigned status) {
    static constexpr std::array<unsigned, 12> kKept = {400, 403, 404, 405, 406, 409,
                                                       410, 413, 415, 422, 429, 503};
    if (status == 504 || std::ranges::find(kKept, status) != kKept.end()) return status;
    return 502;
}

// In place of an answer that is no Kubernetes object.
void render_bare_answer(Call& call, const net::ClientResponse& answer) {
    const unsigned code = status_of_bare_answer(answer.status);
    const std::string_view reason = connect::status_reason(code);
    json::Object status{
        {"kind", "Status"},
        {"apiVersion", "v1"},
        {"metadata", json::Object()},
        {"status", "Failure"},
        {"message", objects::bare_answer_message(call.cluster, answer.status, call.resource.kind)},
        {"reason", reason},
        {"code", code}};
    json::Object details = details_of(call);
    if (code == 429 || code == 503 || code == 504) {
        const unsigned seconds = objects::retry_after_seconds(answer).value_or(1);
        details["retryAfterSeconds"] = seconds;
        call.response.add_header("Retry-After", fmt::format_int(seconds).str());
    }
    status["details"] = std::move(details);
    respond_json(call, code, status);
    call.response.code = reason;
}

}  // namespace

json::Object details_of(const Call& call) {
    json::Object details{{"group", call.resource.group()}, {"kind", call.resource.plural()}};
    if (!call.resource.name.empty()) details["name"] = call.resource.name;
    return details;
}

void take_over(Call& call, net::ClientResponse& answer, const json::ApiVersionChange& change) {
    net::Response& response = call.response;
    const std::string type = media_type(answer.header("Content-Type").value_or(""));
    const bool head = call.request.method == "HEAD";
    if (!head && !is_answer(answer, type)) {
        render_bare_answer(call, answer);
        // Where the cluster said 2xx but sent no object, the caller sees our status instead. So
        // nobody may wait for the mirror.
        answer.status = response.status;
        return;
    }
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) {
        for (const std::string_view kept : {"Warning", "Retry-After"}) {
            if (base::equal_ignoring_case(name, kept)) response.add_header(name, value);
        }
    }
    // The response's type is static text; what a cluster says is not.
    response.content_type = "";
    if (const auto header = answer.header("Content-Type"))
        response.add_header("Content-Type", *header);
    answer.body = in_version(std::move(answer.body), type, change);
    response.body += answer.body;
}

}  // namespace snapgate::api::kube
