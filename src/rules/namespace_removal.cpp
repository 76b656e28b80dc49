#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/api_names.h"
#include "rules/object_rules.h"

namespace snapgate::rules {
namespace {

using base::Code;
using base::Error;

// kube-apiserver's namespace lifecycle keeps these.
constexpr std::array<std::string_view, 3> kImmortal = {"default", "kube-system", "kube-public"};

Error precondition_failed(std::string_view name, std::string_view what, std::string_view wanted,
                          std::string_view found) {
    Error error(Code::kConflict,
                fmt::format("Operation cannot be fulfilled on Namespace \"{}\": the {} in the "
                            "precondition ({}) does not match the {} in record ({}). The object "
                            "might have been {}",
                            name, what, wanted, what, found,
                            what == "UID" ? "deleted and then recreated" : "modified"));
    error.about = base::About{{}, std::string(model::kNamespaceKind), std::string(name), {}};
    return error;
}

}  // namespace

base::Result<Change> remove_namespace(const json::Object& live, const DeleteOptions& options,
                                      std::string_view now) {
    const json::Object& metadata = live.at("metadata").as_object();
    const std::string_view name = metadata.at("name").as_string();
    if (std::ranges::find(kImmortal, name) != kImmortal.end()) {
        Error error(
            Code::kForbidden,
            fmt::format("namespaces \"{}\" is forbidden: this namespace may not be deleted", name));
        error.about = base::About{{}, std::string(model::kNamespacePlural), std::string(name), {}};
        return error;
    }
    const std::string_view uid = metadata.at("uid").as_string();
    if (!options.uid.empty() && options.uid != uid)
        return precondition_failed(name, "UID", options.uid, uid);
    const std::string_view version = metadata.at("resourceVersion").as_string();
    if (!options.resource_version.empty() && options.resource_version != version)
        return precondition_failed(name, "ResourceVersion", options.resource_version, version);
    Change change;
    change.object = live;
    if (metadata.contains("deletionTimestamp")) {
        change.effect = Change::Effect::kNone;
        return change;
    }
    change.object["metadata"].as_object()["deletionTimestamp"] = now;
    change.object["status"] = json::Object{{"phase", "Terminating"}};
    return change;
}

}  // namespace snapgate::rules
