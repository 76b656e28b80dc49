#pragma once

#include <string_view>

#include "base/result.h"
#include "model/kept_schema.h"
#include "model/object.h"

namespace snapgate::json {

// Brings the JSON of an object of which only parts are kept into stored form: compact, with sorted
// keys, an empty place for the resource version, and nothing that model/kept_schema.h does not
// name. Of a key given twice the last counts. Nothing is filled in; it needs a namespace, a name, a
// uid and a resource version as prepare_mirrored_snapshot does. Any thread. Errors: kInvalidBody,
// and kTooLarge for more than kMaxObjectBytes.
base::Result<model::PreparedObject> prepare_kept(const model::KeptKind& kind,
                                                 std::string_view json);

// The same for each kind.
base::Result<model::PreparedObject> prepare_virtual_machine(std::string_view json);
base::Result<model::PreparedObject> prepare_restore(std::string_view json);
base::Result<model::PreparedObject> prepare_content(std::string_view json);

}  // namespace snapgate::json
