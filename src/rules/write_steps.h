#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

// What plain writes and server-side apply have in common: everything but the managedFields, which
// are set after these steps.

// Brings the body of a new object into the form in which it is stored, but for its apiVersion, and
// checks it. Warnings are added.
base::Result<void> settle_new(Body& body, const Target& target, const std::string& uid,
                              const Writer& writer, std::vector<std::string>& warnings);

// Brings the body of an update of `live` into the form in which it is stored, and checks it: what
// the request cannot change is the live object's. Warnings are added.
base::Result<void> settle_update(const json::Object& live, Body& body, const Target& target,
                                 const Writer& writer, std::vector<std::string>& warnings);

// The change that a settled object with its managedFields is to the live one.
Change change_to(json::Object object, const json::Object& live, std::vector<std::string> warnings);

// The change that is none.
Change unchanged(const json::Object& live, std::vector<std::string> warnings);

// 400 if the object does not name itself as the request does. One without a namespace gets that of
// the request.
base::Result<void> check_target(json::Object& metadata, const Target& target);

}  // namespace snapgate::rules
