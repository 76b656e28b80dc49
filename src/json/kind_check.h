#pragma once

#include <simdjson.h>

#include <span>
#include <string_view>

#include "base/result.h"

// Whether an object is one of a kind, and has what a list and a store need of it. The errors are
// kInvalidBody, with messages for people. Any thread.
namespace snapgate::json {

// What the objects of a kind have at their root.
struct WantedKind {
    std::string_view kind;
    std::span<const std::string_view> api_versions;
    // The items of some lists have neither kind nor apiVersion.
    bool may_lack_both = false;
};

// The root as an object, if it is of that kind.
base::Result<simdjson::dom::object> check_kind(const simdjson::dom::element& root,
                                               const WantedKind& wanted);

struct KeptIdentity {
    std::string_view ns;
    std::string_view name;
    std::string_view uid;
    std::string_view version;
};
// Whether an object that a cluster keeps can be kept here: by a namespace and a name as Kubernetes
// has them, and a uid and a resource version that can stand anywhere.
base::Result<void> check_kept_identity(const KeptIdentity& identity);

// The error for an object without that field.
base::Error lacks_field(std::string_view field);

// What the type of a value is called in messages: "a string".
std::string_view describe(simdjson::dom::element_type type);

}  // namespace snapgate::json
