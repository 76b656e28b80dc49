#include <fmt/format.h>

#include <algorithm>

#include "model/api_names.h"
#include "model/names.h"
#include "rules/object_rules.h"

namespace snapgate::rules {
namespace {

using base::Code;
using base::Error;

using model::shown_name;

constexpr std::string_view kSnapshots = "virtualmachinesnapshots.snapshot.kubevirt.io";
constexpr std::string_view kNamespaceTerminating = "NamespaceTerminating";

Error about_snapshot(Code code, std::string message, std::string_view name) {
    Error error(code, std::move(message));
    error.about = base::About{std::string(model::kSnapshotGroup),
                              std::string(model::kSnapshotPlural),
                              std::string(name),
                              {}};
    return error;
}

Error no_such_restore(std::string_view name) {
    Error error(Code::kNotFound, fmt::format("{}.{} \"{}\" not found", model::kRestorePlural,
                                             model::kSnapshotGroup, shown_name(name)));
    error.about = base::About{std::string(model::kSnapshotGroup),
                              std::string(model::kRestorePlural),
                              std::string(name),
                              {}};
    return error;
}

Error about_namespace(Code code, std::string message, std::string_view name) {
    Error error(code, std::move(message));
    error.about = base::About{{}, std::string(model::kNamespacePlural), std::string(name), {}};
    return error;
}

}  // namespace

Error no_such_snapshot(std::string_view name) {
    return about_snapshot(Code::kNotFound,
                          fmt::format("{} \"{}\" not found", kSnapshots, shown_name(name)), name);
}

Error snapshot_exists(std::string_view name) {
    return about_snapshot(Code::kAlreadyExists,
                          fmt::format("{} \"{}\" already exists", kSnapshots, name), name);
}

Error no_such_namespace(std::string_view name) {
    return about_namespace(Code::kNotFound,
                           fmt::format("namespaces \"{}\" not found", shown_name(name)), name);
}

Error no_such_object(model::Kind kind, std::string_view name) {
    switch (kind) {
        case model::Kind::kNamespace:
            return no_such_namespace(name);
        case model::Kind::kRestore:
            return no_such_restore(name);
        case model::Kind::kSnapshot:
        case model::Kind::kVirtualMachine:
        case model::Kind::kContent:
            break;
    }
    return no_such_snapshot(name);
}

Error namespace_exists(std::string_view name) {
    return about_namespace(Code::kAlreadyExists,
                           fmt::format("namespaces \"{}\" already exists", name), name);
}

Error stale_version(std::string_view name) {
    return about_snapshot(
        Code::kConflict,
        fmt::format(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please "
            "apply your changes to the latest version and try again",
            kSnapshots, name),
        name);
}

Error namespace_terminating(const model::ObjectKey& key) {
    Error error = about_snapshot(
        Code::kForbidden,
        fmt::format("{} \"{}\" is forbidden: unable to create new content in namespace {} because "
                    "it is being terminated",
                    kSnapshots, key.name, key.ns),
        key.name);
    error.causes.push_back({std::string(kNamespaceTerminating),
                            fmt::format("namespace {} is being terminated", key.ns),
                            "metadata.namespace"});
    return error;
}

bool is_namespace_terminating(const Error& error) {
    return error.code == Code::kForbidden &&
           std::ranges::any_of(error.causes, [](const base::Cause& cause) {
               return cause.reason == kNamespaceTerminating;
           });
}

}  // namespace snapgate::rules
