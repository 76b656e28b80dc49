#include "api/kube/body.h"

#include <fmt/format.h>

#include <utility>

#include "api/kube/forms.h"
#include "api/kube/option_errors.h"
#include "api/kube/parameters.h"
#include "api/kube/protobuf.h"
#include "base/clock.h"
#include "base/quote.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "net/http/header_values.h"
#include "net/server/aside.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kObjectTypes =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

Error bad_option(std::string_view options, std::string_view field, std::string_view reason,
                 std::string message) {
    return invalid_options(options,
                           {{std::string(reason), std::move(message), std::string(field)}});
}

Error unsupported_value(std::string_view options, std::string_view field, std::string_view value,
                        std::string_view supported) {
    return bad_option(options, field, "FieldValueNotSupported",
                      fmt::format("Unsupported value: \"{}\": supported values: {}",
                                  value.substr(0, 64), supported));
}

}  // namespace

Error forbidden_option(std::string_view options, std::string_view field, std::string_view why) {
    return invalid_options(options, {forbidden(field, why)});
}

Result<WriteParameters> read_write_parameters(const Call& call, std::string_view options) {
    const net::Request& request = call.request;
    WriteParameters parameters;
    rules::Writer& writer = parameters.writer;
    // A list for kube-apiserver: a dry run that is asked for second is one as well.
    SNAPGATE_ASSIGN(const std::vector<std::string> dry_runs, every_parameter(request, "dryRun"));
    for (const std::string& dry_run : dry_runs) {
        if (!dry_run.empty() && dry_run != "All")
            return unsupported_value(options, "dryRun", dry_run, "\"All\"");
        parameters.dry_run |= !dry_run.empty();
    }
    SNAPGATE_ASSIGN(writer.manager, first_parameter(request, "fieldManager", base::Controls::kAny));
    if (writer.manager.size() > kMaxFieldManager) {
        return bad_option(options, "fieldManager", "FieldValueTooLong",
                          fmt::format("Too long: may not be longer than {}", kMaxFieldManager));
    }
    if (!is_field_manager(writer.manager)) {
        return bad_option(options, "fieldManager", "FieldValueInvalid",
                          "Invalid value: should only contain printable characters");
    }
    if (writer.manager.empty()) writer.manager = field_manager(request);
    SNAPGATE_ASSIGN(std::string validation, first_parameter(request, "fieldValidation"));
    if (validation == "Ignore") {
        writer.validation = rules::FieldValidation::kIgnore;
    } else if (validation == "Strict") {
        writer.validation = rules::FieldValidation::kStrict;
    } else if (!validation.empty() && validation != "Warn") {
        return unsupported_value(options, "fieldValidation", validation,
                                 "\"Ignore\", \"Strict\", \"Warn\"");
    }
    if (call.resource.v1alpha1) writer.version = "v1alpha1";
    if (call.resource.kind == model::Kind::kNamespace) writer.version = "v1";
    writer.now = base::format_rfc3339(call.services.store.now_ms());
    return parameters;
}

std::string content_type(const net::Request& request) {
    std::string type = net::media_type(request.header("Content-Type").value_or(""));
    return type.empty() ? "application/json" : type;
}

Error unsupported_body(std::string_view accepted) {
    return {Code::kUnsupportedMediaType,
            fmt::format("the body of the request was in an unknown format - accepted media types "
                        "include: {}",
                        accepted)};
}

Error too_large(size_t most) {
    return {Code::kTooLarge, fmt::format("Request entity too large: limit is {}", most)};
}

net::Awaitable<Result<std::string>> read_body(Call& call, size_t most) {
    auto text = co_await read_text(call, most);
    if (!text && text.error().code == Code::kTooLarge) {
        co_return too_large(most);
    }
    co_return std::move(text);
}

net::Awaitable<Result<rules::Body>> read_object(Call& call) {
    const std::string type = content_type(call.request);
    const bool yaml = type == "application/yaml";
    const bool snapshot = call.resource.kind == model::Kind::kSnapshot;
    const bool protobuf = !snapshot && type == kProtobufType;
    if (!yaml && !protobuf && type != "application/json") co_return unsupported_body(kObjectTypes);
    SNAPGATE_CO_ASSIGN(const auto text,
                       co_await read_body(call, yaml ? kMaxYamlBodyBytes : kMaxBodyBytes));
    auto decode = [&]() -> Result<rules::Body> {
        if (protobuf) {
            rules::Body body;
            SNAPGATE_ASSIGN(body.object, read_protobuf(text));
            return body;
        }
        return rules::decode_object(text, yaml ? rules::Media::kYaml : rules::Media::kJson,
                                    snapshot ? model::kSnapshotKind : model::kNamespaceKind);
    };
    const size_t bytes = yaml ? text.size() * net::kYamlWeight : text.size();
    co_return co_await net::make_aside(*call.response.stream, bytes, std::move(decode));
}

net::Awaitable<Result<json::Object>> read_review(Call& call) {
    const std::string type = content_type(call.request);
    const bool yaml = type == "application/yaml";
    if (!yaml && type != "application/json" && type != kProtobufType)
        co_return unsupported_body(kObjectTypes);
    SNAPGATE_CO_ASSIGN(const auto text, co_await read_body(call, kMaxSmallBodyBytes));
    auto read = [&]() -> Result<json::Object> {
        if (type == kProtobufType) return read_protobuf(text);
        SNAPGATE_ASSIGN(auto value, yaml ? json::parse_yaml(text) : json::parse(text));
        if (!value.is_object()) return Error(Code::kInvalidBody, "the body must be an object");
        return std::move(value.get_object());
    };
    const size_t bytes = yaml ? text.size() * net::kYamlWeight : text.size();
    co_return co_await net::make_aside(*call.response.stream, bytes, std::move(read));
}

objects::Place place_of(const Call& call) {
    return {call.cluster, call.resource.kind, call.resource.ns, call.resource.name};
}

net::Awaitable<Result<void>> respond_written(Call& call, objects::Written written,
                                             unsigned status) {
    net::Response& response = call.response;
    for (const std::string& warning : written.warnings) {
        std::string text = "299 - \"";
        for (const char c : base::visible(warning)) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
        response.add_header("Warning", text);
    }
    auto respond = [&]() -> Result<void> {
        SNAPGATE_ASSIGN(model::StoredObject object, model::decode_object(written.value));
        return respond_object(call.form, object, object.version, call.services.store.now_ms(),
                              status, response);
    };
    co_return co_await net::make_aside(*response.stream, written.value.size(), std::move(respond));
}

}  // namespace snapgate::api::kube
