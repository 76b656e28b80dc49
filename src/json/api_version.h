#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// A cluster that serves one version of an API alone is spoken to in that one, whatever its callers
// use. The texts below are changed in place, byte for byte but for the version, and only where an
// object says of itself what it is: not in its managedFields, annotations and the like. What is no
// JSON stays as it is, for whoever reads it to refuse. Any thread may call.
namespace snapgate::json {

// "snapshot.kubevirt.io/v1beta1" and what takes its place.
struct ApiVersionChange {
    std::string from;
    std::string to;

    bool none() const { return from == to; }
};

// What a text of JSON says that it is. kInvalidBody if it is no object. It may be of any length,
// and is not looked at further than that.
struct TypeMeta {
    std::string api_version;  // "" where it says none
    std::string kind;
};
base::Result<TypeMeta> read_type(std::string_view text);

// An object, or a list, or a Table, with what is in it.
std::string change_api_version(std::string text, const ApiVersionChange& change);

// A JSON patch (RFC 6902): its operations on /apiVersion, and on the whole object.
std::string change_api_version_in_patch(std::string text, const ApiVersionChange& change);

}  // namespace snapgate::json
