#include "api/palette/snapshot_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/palette/snapshot_form.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "json/path.h"
#include "model/api_names.h"
#include "model/names.h"
#include "net/server/aside.h"
#include "rules/faults.h"

namespace snapgate::api::palette {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kThisApi = "this API";

constexpr size_t kMostShownBytes = 256;

Error invalid_field(const SnapshotRequest& request, std::string_view field, std::string_view value,
                    std::string_view why) {
    rules::Faults faults;
    faults.invalid(field, base::quote(value, kMostShownBytes), why);
    return faults.error(
        {std::string(model::kSnapshotGroup), std::string(model::kSnapshotKind), request.name});
}

// What a member of the body must be, and who says so ("the path").
struct Expected {
    std::string_view value;
    std::string_view said_by;
};

// `object[name]`, which is set to what is expected where it is absent or null. kInvalid if it says
// something else.
Result<void> fill(const SnapshotRequest& request, json::Object& object, std::string_view name,
                  Expected expected, std::string_view field) {
    json::Value& member = object[name];
    if (member.is_null()) member = expected.value;
    // Of the wrong type: the rules say so.
    if (!member.is_string() || std::string_view(member.as_string()) == expected.value) return {};
    return invalid_field(request, field, std::string_view(member.as_string()),
                         fmt::format("{} says \"{}\": leave it out, or say the same",
                                     expected.said_by, expected.value));
}

// The namespace of the body, where it has one and the query does not.
Result<void> settle_namespace(SnapshotRequest& request, json::Object& metadata) {
    json::Value* given = metadata.if_contains("namespace");
    if (given != nullptr && given->is_string() && given->get_string().empty())
        *given = nullptr;  // as good as absent
    if (!request.ns_given && given != nullptr && given->is_string()) {
        request.ns = given->get_string();
        if (!model::is_dns_label(request.ns)) {
            return invalid_field(request, "metadata.namespace", request.ns,
                                 "can be no namespace's name: at most 63 of a-z, 0-9 and '-'");
        }
    }
    return fill(request, metadata, "namespace", {request.ns, "the query"}, "metadata.namespace");
}

// The object member `name`, made where it is absent or null; null if it is something else, which
// the rules refuse.
json::Object* section(json::Object& object, std::string_view name) {
    json::Value& member = object[name];
    if (member.is_null()) member = json::Object();
    return member.if_object();
}

// {"Raw":["<base64>"]} as the JSON that it holds. What a Raw of bytes would be as one text is taken
// too.
Result<void> unwrap_fields(json::Object& entry, size_t index) {
    json::Value* fields = entry.if_contains("fieldsV1");
    if (fields == nullptr || !fields->is_object() || fields->get_object().size() != 1) return {};
    const json::Value* raw = fields->get_object().if_contains("Raw");
    if (raw == nullptr) return {};
    const std::string field = fmt::format("metadata.managedFields[{}].fieldsV1.Raw", index);
    std::string_view text;
    if (raw->is_string()) {
        text = raw->get_string();
    } else if (raw->is_array() && raw->get_array().size() == 1 && raw->get_array()[0].is_string()) {
        text = raw->get_array()[0].get_string();
    } else {
        return Error(Code::kInvalidBody, fmt::format("{} is no list of one text", field), field);
    }
    auto decoded = base::decode_base64(text);
    if (!decoded) return Error(Code::kInvalidBody, fmt::format("{} is no base64", field), field);
    auto value = json::parse(*decoded);
    if (!value || !value->is_object()) {
        return Error(Code::kInvalidBody, fmt::format("{} holds no JSON object", field), field);
    }
    *fields = std::move(*value);
    return {};
}

Result<void> unwrap_managed_fields(json::Object& metadata) {
    json::Value* entries = metadata.if_contains("managedFields");
    if (entries == nullptr || !entries->is_array()) return {};
    size_t index = 0;
    for (json::Value& entry : entries->get_array()) {
        if (entry.is_object()) SNAPGATE_TRY(unwrap_fields(entry.get_object(), index));
        ++index;
    }
    return {};
}

Result<void> fill_source(const SnapshotRequest& request, json::Object& object) {
    json::Object* spec = section(object, "spec");
    json::Object* source = spec == nullptr ? nullptr : section(*spec, "source");
    if (source == nullptr) return {};
    SNAPGATE_TRY(
        fill(request, *source, "apiGroup", {"kubevirt.io", kThisApi}, "spec.source.apiGroup"));
    SNAPGATE_TRY(fill(request, *source, "kind", {"VirtualMachine", kThisApi}, "spec.source.kind"));
    return fill(request, *source, "name", {request.vm, "the path"}, "spec.source.name");
}

// Whom managedFields name: the program that wrote, and the name of the key that it wrote with. A
// connected cluster takes at most 128 bytes, of which Go's unicode.IsPrint must hold. That is
// certain of printable ASCII alone, so a key with another name is there by its id.
std::string manager_of(const Call& call) {
    constexpr size_t kMostProgram = 60;
    constexpr size_t kMostName = 64;
    const access::Principal& key = call.principal;
    const bool plain =
        key.key_name.size() <= kMostName &&
        std::ranges::all_of(key.key_name, [](char c) { return c >= ' ' && c < 0x7f; });
    std::string program = field_manager(call.request);
    if (program.empty()) program = "snapgate";
    return fmt::format("{}:{}", base::clip(program, kMostProgram),
                       plain ? key.key_name : key.key_id);
}

Result<rules::Body> complete(SnapshotRequest& request, json::Object object) {
    SNAPGATE_TRY(
        fill(request, object, "apiVersion", {model::kStoredApiVersion, kThisApi}, "apiVersion"));
    SNAPGATE_TRY(fill(request, object, "kind", {model::kSnapshotKind, kThisApi}, "kind"));
    object.erase("status");
    json::Object* metadata = section(object, "metadata");
    if (metadata == nullptr)
        return Error(Code::kInvalidBody, "metadata must be a JSON object", "metadata");
    SNAPGATE_TRY(settle_namespace(request, *metadata));
    if (!request.name.empty())
        SNAPGATE_TRY(fill(request, *metadata, "name", {request.name, "the path"}, "metadata.name"));
    SNAPGATE_TRY(unwrap_managed_fields(*metadata));
    SNAPGATE_TRY(fill_source(request, object));
    rules::Body body;
    body.object = std::move(object);
    return body;
}

}  // namespace

Error SnapshotRequest::no_such_snapshot() const {
    return {Code::kNotFound,
            fmt::format("the VM {} has no snapshot {} in namespace {}{}", model::shown_name(vm),
                        model::shown_name(name), ns,
                        ns_given || ns != "default"
                            ? ""
                            : ", which is where a request looks whose query names no namespace")};
}

Error SnapshotRequest::in_own_words(Error error) const {
    const bool missing = error.code == Code::kNotFound && error.about && error.about->name == name;
    return missing ? no_such_snapshot() : error;
}

Result<SnapshotRequest> read_snapshot_request(const Call& call) {
    SnapshotRequest request;
    SNAPGATE_ASSIGN(request.cluster, find_cluster(call, call.parameters[0]));
    request.vm = call.parameters[1];
    if (call.parameters.size() > 2) request.name = call.parameters[2];
    if (call.audit != nullptr) {
        call.audit->object = {
            .kind = std::string(model::kSnapshotKind), .name = request.name, .vm = request.vm};
    }
    SNAPGATE_ASSIGN(request.ns, query_parameter(call.request, "namespace"));
    request.ns_given = !request.ns.empty();
    if (!request.ns_given) request.ns = "default";
    if (!model::is_dns_label(request.ns)) {
        return Error(Code::kInvalidParameter,
                     fmt::format("namespace \"{}\" can be no namespace's name",
                                 model::shown_name(request.ns)),
                     "namespace");
    }
    if (call.audit != nullptr) call.audit->object.ns = request.ns;
    if (call.parameters.size() > 2 && !model::is_dns_subdomain(request.name))
        return request.no_such_snapshot();
    return request;
}

net::Awaitable<Result<rules::Body>> read_snapshot(Call& call, SnapshotRequest& request) {
    SNAPGATE_CO_ASSIGN(const auto text, co_await read_json_text(call, kMaxBodyBytes));
    auto read = [&]() -> Result<rules::Body> {
        SNAPGATE_ASSIGN(json::Object object, parse_json_object(text));
        return complete(request, std::move(object));
    };
    auto body = co_await net::make_aside(*call.response.stream, text.size(), std::move(read));
    if (call.audit != nullptr) {
        // The body may say what the path and the query leave open.
        call.audit->object.ns = request.ns;
        if (body && request.name.empty())
            call.audit->object.name = json::text_at(body->object, {"metadata", "name"});
    }
    co_return std::move(body);
}

rules::Writer writer_of(const Call& call) {
    rules::Writer writer;
    writer.manager = manager_of(call);
    writer.validation = rules::FieldValidation::kIgnore;
    writer.now = base::format_rfc3339(call.services.store.now_ms());
    return writer;
}

net::Awaitable<Result<void>> respond_snapshot(Call& call, objects::Written written) {
    auto respond = [&]() -> Result<void> {
        SNAPGATE_ASSIGN(model::StoredObject object, model::decode_object(written.value));
        return respond_object(call, object);
    };
    co_return co_await net::make_aside(*call.response.stream, written.value.size(),
                                       std::move(respond));
}

}  // namespace snapgate::api::palette
