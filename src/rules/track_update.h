#pragma once

#include <string>

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// Who writes an object, as managedFields tell it.
struct Updater {
    std::string manager;
    std::string api_version;
    std::string subresource;
    std::string now;  // RFC 3339
};

// Sets metadata.managedFields of an object that a plain write (no apply) made of `live`, or made
// anew where there is none: who writes owns what changed, and nobody else does
// (structured-merge-diff's Update, and k8s.io/apimachinery's managedfields around it). The entries
// that count until now are the request's, which are in the object, if there are any and they can be
// read; else the live object's, whose alone count on a subresource.
void track_update(const json::Object* live, json::Object& object, const model::Schema& schema,
                  const Updater& updater);

}  // namespace snapgate::rules
