#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// A cluster may serve only one version of an API. Requests to it use that version, whichever
// version the callers use. The functions below change only the version in a text, and keep every
// other byte. They change it only where an object names its own type, not in its managedFields,
// annotations and so on. A text that is not JSON stays unchanged; its reader refuses it. Any thread
// may call.
namespace snapgate::json {

// "snapshot.kubevirt.io/v1beta1" and its replacement.
struct ApiVersionChange {
    std::string from;
    std::string to;

    bool none() const { return from == to; }
};

// The type that a JSON text names. kInvalidBody if the text is not an object. The text may have any
// length; nothing else in it is checked.
struct TypeMeta {
    std::string api_version;  // "" if the text has none
    std::string kind;
};
base::Result<TypeMeta> read_type(std::string_view text);

// Changes an object, or a list or a Table with the objects in it.
std::string change_api_version(std::string text, const ApiVersionChange& change);

// A JSON patch (RFC 6902): changes its operations on /apiVersion, and on the whole object.
std::string change_api_version_in_patch(std::string text, const ApiVersionChange& change);

}  // namespace snapgate::json
