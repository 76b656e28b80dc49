#pragma once

#include <optional>
#include <string_view>

#include "access/principal.h"
#include "api/call.h"
#include "base/result.h"

namespace snapgate::api {

// The principal of this key. The access log and the audit trail then have the key's id, also if it
// is refused. kUnauthorized.
base::Result<access::Principal> authenticate_key(const Call& call, std::string_view key);

// Who makes the request: the holder of the key in its headers (presented_key.h) or, without such a
// header, the console whose session its cookie names (console_cookie.h). kUnauthorized,
// kInvalidParameter.
base::Result<access::Principal> identify(const Call& call);

// The principal of the console's session; nullopt if the request is none of the console's, or if
// it carries a key. kUnauthorized if the session has ended.
std::optional<base::Result<access::Principal>> identify_console(const Call& call);

}  // namespace snapgate::api
