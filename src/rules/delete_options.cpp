#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/quote.h"
#include "json/request_body.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "rules/faults.h"
#include "rules/object_rules.h"
#include "rules/request_metadata.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kKind = "DeleteOptions";
// Every group has DeleteOptions, so the object's group has them, too.
constexpr std::array<std::string_view, 4> kVersions{
    "v1", "meta.k8s.io/v1", model::kStoredApiVersion, model::kOldApiVersion};

base::Error mismatch(const json::Value& value, std::string_view field, std::string_view type) {
    std::string found(json_type(value));
    if (found == "number" && type == "int64") found += " " + json::serialize(value);
    return bad_request(
        fmt::format("json: cannot unmarshal {} into Go struct field DeleteOptions.{} of type {}",
                    found, field, type),
        field);
}

// A member that is text; "" where it is absent or null.
base::Result<std::string> read_text(const json::Object& object, std::string_view name,
                                    std::string_view path, std::string_view type) {
    const json::Value* value = find(object, name);
    if (value == nullptr || value->is_null()) return std::string();
    if (!value->is_string()) return mismatch(*value, path, type);
    return std::string(text_of(value));
}

base::Result<json::Object> read_body(std::string_view text, bool yaml) {
    json::Value value;
    if (yaml) {
        SNAPGATE_ASSIGN(value, json::parse_yaml(text));
    } else {
        SNAPGATE_ASSIGN(json::Tolerant read, json::parse_tolerant(text));
        value = std::move(read.value);
    }
    if (value.is_null()) return json::Object();
    if (!value.is_object())
        return bad_request(
            fmt::format("json: cannot unmarshal {} into Go value of type "
                        "v1.DeleteOptions",
                        json_type(value)));
    return std::move(value.get_object());
}

base::Result<void> check_type(const json::Object& body) {
    SNAPGATE_ASSIGN(std::string kind, read_text(body, "kind", "kind", "string"));
    if (!kind.empty() && kind != kKind)
        return bad_request(
            fmt::format("decoded object cannot be converted to DeleteOptions: its kind is {}",
                        base::quote(kind, 256)),
            "kind");
    SNAPGATE_ASSIGN(std::string version, read_text(body, "apiVersion", "apiVersion", "string"));
    if (!version.empty() && std::ranges::find(kVersions, version) == kVersions.end())
        return bad_request(
            fmt::format("decoded object cannot be converted to DeleteOptions: its apiVersion is {} "
                        "and must be one of {}",
                        base::quote(version, 256), fmt::join(kVersions, ", ")),
            "apiVersion");
    return {};
}

// Nothing here waits for a grace period. A wrong one is refused all the same, since such a body may
// be wrong elsewhere, too.
base::Result<void> check_grace_period(const json::Object& body) {
    const json::Value* value = find(body, "gracePeriodSeconds");
    if (value == nullptr || value->is_null() || value->is_int64()) return {};
    return mismatch(*value, "gracePeriodSeconds", "int64");
}

base::Result<void> read_preconditions(const json::Object& body, DeleteOptions& options) {
    const json::Value* value = find(body, "preconditions");
    if (value == nullptr || value->is_null()) return {};
    const json::Object* preconditions = value->if_object();
    if (preconditions == nullptr) return mismatch(*value, "preconditions", "v1.Preconditions");
    SNAPGATE_ASSIGN(options.uid,
                    read_text(*preconditions, "uid", "preconditions.uid", "types.UID"));
    SNAPGATE_ASSIGN(options.resource_version, read_text(*preconditions, "resourceVersion",
                                                        "preconditions.resourceVersion", "string"));
    return {};
}

base::Result<void> read_dry_run(const json::Object& body, DeleteOptions& options, Faults& faults) {
    const json::Value* value = find(body, "dryRun");
    if (value == nullptr || value->is_null()) return {};
    const json::Array* list = value->if_array();
    if (list == nullptr) return mismatch(*value, "dryRun", "[]string");
    for (const json::Value& element : *list) {
        if (!element.is_string()) return mismatch(element, "dryRun", "string");
        if (text_of(&element) != "All")
            faults.unsupported("dryRun", base::quote(text_of(&element), 256), "\"All\"");
        options.dry_run = true;
    }
    return {};
}

base::Result<void> read_propagation(const json::Object& body, DeleteOptions& options,
                                    Faults& faults) {
    using Propagation = DeleteOptions::Propagation;
    SNAPGATE_ASSIGN(std::string policy, read_text(body, "propagationPolicy", "propagationPolicy",
                                                  "v1.DeletionPropagation"));
    const json::Value* orphan = find(body, "orphanDependents");
    if (orphan != nullptr && !orphan->is_null()) {
        if (!orphan->is_bool()) return mismatch(*orphan, "orphanDependents", "bool");
        if (!policy.empty())
            faults.invalid("propagationPolicy", base::quote(policy, 256),
                           "orphanDependents and deletionPropagation cannot be both set");
        options.propagation = orphan->get_bool() ? Propagation::kOrphan : Propagation::kBackground;
    }
    if (policy == "Background")
        options.propagation = Propagation::kBackground;
    else if (policy == "Foreground")
        options.propagation = Propagation::kForeground;
    else if (policy == "Orphan")
        options.propagation = Propagation::kOrphan;
    else if (!policy.empty())
        faults.unsupported("propagationPolicy", base::quote(policy, 256),
                           R"("Foreground", "Background", "Orphan", "nil")");
    return {};
}

}  // namespace

base::Result<DeleteOptions> read_delete_options(std::string_view text, bool yaml) {
    DeleteOptions options;
    if (text.empty()) return options;
    SNAPGATE_ASSIGN(json::Object body, read_body(text, yaml));
    SNAPGATE_TRY(check_type(body));
    SNAPGATE_TRY(check_grace_period(body));
    Faults faults;
    SNAPGATE_TRY(read_preconditions(body, options));
    SNAPGATE_TRY(read_propagation(body, options, faults));
    SNAPGATE_TRY(read_dry_run(body, options, faults));
    if (!faults.empty()) return faults.error({"meta.k8s.io", std::string(kKind), {}});
    return options;
}

}  // namespace snapgate::rules
