#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::api::admin {

// The member `name` of a request body, which must be a name for people. kInvalidBody.
base::Result<std::string> required_name(const json::Object& body);
// The member `uid`, or a random one where it is absent. kInvalidBody if it can be none.
base::Result<std::string> uid_or_random(const json::Object& body);

// The member `expectedEvery`: a duration; 0 where it is absent or null. kInvalidBody.
base::Result<base::Millis> expected_every(const json::Object& body);

}  // namespace snapgate::api::admin
