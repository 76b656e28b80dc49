#include "api/kube/body.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
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
    if (!snapshot && type == kProtobufType) {
        SNAPGATE_CO_ASSIGN(auto text, co_await read_body(call));
        SNAPGATE_CO_ASSIGN(auto object, read_protobuf(text));
        rules::Body body;
        body.object = std::move(object);
        co_return body;
    }
    if (!yaml && type != "application/json") {
        co_return unsupported_body(kObjectTypes);
    }
    SNAPGATE_CO_ASSIGN(auto text,
                       co_await read_body(call, yaml ? kMaxYamlBodyBytes : kMaxBodyBytes));
    if (!yaml)
        co_return rules::decode_object(text, rules::Media::kJson,
                                       snapshot ? model::kSnapshotKind : model::kNamespaceKind);
    std::optional<Result<rules::Body>> body;
    std::function<void()> decode = [&] {
        body.emplace(rules::decode_object(text, rules::Media::kYaml,
                                          snapshot ? model::kSnapshotKind : model::kNamespaceKind));
    };
    co_await call.response.stream->do_aside(std::move(decode));
    co_return std::move(*body);
}

net::Awaitable<Result<json::Object>> read_review(Call& call) {
    const std::string type = content_type(call.request);
    const bool yaml = type == "application/yaml";
    if (!yaml && type != "application/json" && type != kProtobufType)
        co_return unsupported_body(kObjectTypes);
    SNAPGATE_CO_ASSIGN(auto text, co_await read_body(call, kMaxSmallBodyBytes));
    if (type == kProtobufType) co_return read_protobuf(text);
    std::optional<Result<json::Value>> read;
    std::function<void()> parse = [&] {
        read.emplace(yaml ? json::parse_yaml(text) : json::parse(text));
    };
    if (yaml) {
        co_await call.response.stream->do_aside(std::move(parse));
    } else {
        parse();
    }
    SNAPGATE_CO_ASSIGN(auto value, std::move(*read));
    if (!value.is_object()) co_return Error(Code::kInvalidBody, "the body must be an object");
    co_return std::move(value.get_object());
}

objects::Place place_of(const Call& call) {
    return {call.cluster, call.resource.kind, call.resource.ns, call.resource.name};
}

Result<void> respond_written(Call& call, const objects::Written& written, unsigned status) {
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
    SNAPGATE_ASSIGN(model::StoredObject object, model::decode_object(written.value));
    return respond_object(call.form, object, object.version, call.services.store.now_ms(), status,
                          response);
}

}  // namespace snapgate::api::kube
