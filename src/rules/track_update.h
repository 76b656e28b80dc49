#pragma once

#include <string>

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// The writer of an object, as managedFields record it.
struct Updater {
    std::string manager;
    std::string api_version;
    std::string subresource;
    std::string now;  // RFC 3339
};

// Sets metadata.managedFields of an object that a plain write (not an apply) made from `live`, or
// made new if there is no `live`. The writer owns the changed fields, and nobody else does
// (structured-merge-diff's Update, and k8s.io/apimachinery's managedfields around it). The earlier
// entries are those of the request, which are in the object, if there are any and they can be read;
// else those of the live object. On a subresource only those of the live object count.
void track_update(const json::Object* live, json::Object& object, const model::Schema& schema,
                  const Updater& updater);

}  // namespace snapgate::rules
