#include <fmt/format.h>

#include "base/utf8.h"
#include "model/api_names.h"
#include "rules/object_rules.h"

namespace snapgate::rules {
namespace {

using base::Code;
using base::Error;

// What a caller asks for may be no name: as much of it as a name can have is shown.
std::string_view shown(std::string_view name) {
    constexpr size_t kLongestName = 253;
    return base::clip(name, kLongestName);
}

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
                                             model::kSnapshotGroup, shown(name)));
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
    return about_snapshot(
        Code::kNotFound,
        fmt::format("virtualmachinesnapshots.snapshot.kubevirt.io \"{}\" not found", shown(name)),
        name);
}

Error snapshot_exists(std::string_view name) {
    return about_snapshot(
        Code::kAlreadyExists,
        fmt::format("virtualmachinesnapshots.snapshot.kubevirt.io \"{}\" already exists", name),
        name);
}

Error no_such_namespace(std::string_view name) {
    return about_namespace(Code::kNotFound, fmt::format("namespaces \"{}\" not found", shown(name)),
                           name);
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
        fmt::format("Operation cannot be fulfilled on virtualmachinesnapshots.snapshot.kubevirt.io "
                    "\"{}\": the object has been modified; please apply your changes to the latest "
                    "version and try again",
                    name),
        name);
}

}  // namespace snapgate::rules
