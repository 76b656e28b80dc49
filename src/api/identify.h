#pragma once

#include "access/principal.h"
#include "api/call.h"
#include "base/result.h"

namespace snapgate::api {

// Who makes the request: the holder of the key in its headers (presented_key.h) or, without such a
// header, the console whose session its cookie names (console_cookie.h). kUnauthorized,
// kInvalidParameter.
base::Result<access::Principal> identify(const Call& call);

// The principal of the console's session; nullopt if the request is none of the console's, or if
// it carries a key. kUnauthorized if the session has ended.
std::optional<base::Result<access::Principal>> identify_console(const Call& call);

}  // namespace snapgate::api
