#pragma once

#include <span>
#include <string_view>

#include "model/schema.h"
#include "model/types.h"

namespace snapgate::model {

// Kinds of objects of which only parts are kept. A VirtualMachine's template holds user data, keys
// and passwords, and the content of a snapshot holds a copy of the whole VM, so what is kept is
// named field by field, and everything else is dropped while the object is parsed. A field that a
// newer KubeVirt adds is dropped, too, until it is named here.
struct KeptKind {
    Kind stored;
    std::string_view kind;
    // In which the objects are kept: the first one; the others have the same fields.
    std::span<const std::string_view> api_versions;
    // The fields that are kept, each only where it has that type. Of a map with `keeps` only the
    // members that it names.
    const Schema& schema;
    // It has spec.patches, of which only their number is kept: in the annotation kPatchCount.
    bool counts_patches = false;
};

extern const KeptKind kKeptVirtualMachine;
extern const KeptKind kKeptRestore;
extern const KeptKind kKeptContent;
// The one whose objects have that `kind`; null if there is none.
const KeptKind* find_kept_kind(std::string_view kind);

// Annotations for snapgate, and the one that it writes itself.
inline constexpr std::string_view kOwnAnnotations = "snapgate.io/";
inline constexpr std::string_view kPatchCount = "snapgate.io/patches";

}  // namespace snapgate::model
