#include "api/kube/passed_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/kube/protobuf.h"
#include "base/encoding.h"
#include "connect/status_reason.h"
#include "json/cluster_answers.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "net/http/header_values.h"
#include "objects/cluster_answer.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// What requests that are passed on are answered with. Whoever may connect clusters could otherwise
// read through this server what other services of its network say.
constexpr std::array<std::string_view, 9> kKinds = {model::kSnapshotKind,
                                                    model::kSnapshotListKind,
                                                    model::kNamespaceKind,
                                                    "NamespaceList",
                                                    "List",
                                                    "Table",
                                                    "PartialObjectMetadata",
                                                    "PartialObjectMetadataList",
                                                    "Status"};
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kYamlType = "application/yaml";
constexpr size_t kMostWarnings = 16;

bool is_kind(const Result<json::TypeMeta>& type) {
    return type && !type->api_version.empty() &&
           std::ranges::find(kKinds, type->kind) != kKinds.end();
}

bool is_object(std::string_view text) {
    return json::is_json_of_any_depth(text) && is_kind(json::read_type(text));
}

// The form in which an answer comes, as Kubernetes' API servers name it: whoever reads it must not
// take it for a page. "" for no form of theirs.
std::string_view form_of(const net::ClientResponse& answer) {
    const auto header = answer.header("Content-Type");
    if (!header) return kJsonType;
    const std::string type = net::media_type(*header);
    for (const std::string_view form : {kJsonType, kYamlType, kProtobufType}) {
        if (type == form) return form;
    }
    return {};
}

// The text as JSON says what it is, also where it is YAML; protobuf is handed on as it is.
bool is_answer(const net::ClientResponse& answer, std::string_view form) {
    if (form == kProtobufType) return is_kind(read_protobuf_type(answer.body));
    if (form == kJsonType) return is_object(answer.body);
    if (form != kYamlType) return false;
    const auto json = json::yaml_document_to_json(answer.body);
    return json && is_object(*json);
}

// The cluster's warnings and when to come again, in the forms that they must have.
void hand_on_headers(const net::ClientResponse& answer, net::Response& response) {
    size_t warnings = 0;
    for (const auto& [name, value] : answer.headers) {
        const bool printable =
            std::ranges::all_of(value, [](char c) { return c >= ' ' && c < '\x7f'; });
        if (base::equal_ignoring_case(name, "Warning") && printable && ++warnings <= kMostWarnings)
            response.add_header(name, value);
    }
    if (const auto seconds = objects::retry_after_seconds(answer))
        response.add_header("Retry-After", fmt::format_int(*seconds).str());
}

std::string in_version(std::string text, std::string_view type,
                       const json::ApiVersionChange& change) {
    if (change.none() || type == kProtobufType) return text;
    if (type != kYamlType) return json::change_api_version(std::move(text), change);
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
    const std::string_view form = form_of(answer);
    const bool head = call.request.method == "HEAD";
    if (!head && !is_answer(answer, form)) {
        render_bare_answer(call, answer);
        // Where the cluster said 2xx but sent no object, the caller sees our status instead. So
        // nobody may wait for the mirror.
        answer.status = response.status;
        return;
    }
    response.status = answer.status;
    hand_on_headers(answer, response);
    response.content_type = form;
    answer.body = in_version(std::move(answer.body), form, change);
    response.body += answer.body;
}

}  // namespace snapgate::api::kube
