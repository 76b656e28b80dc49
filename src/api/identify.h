#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "api/call.h"
#include "base/result.h"
#include "identity/sessions.h"
#include "net/awaitable.h"

namespace snapgate::api {

// The uid of the cluster that the path names; "" for none, and for all of them.
std::string_view named_cluster(std::string_view path);

// The principal of this key. The access log and the audit trail then have the key's id, also if it
// is refused. kUnauthorized.
base::Result<access::Principal> authenticate_key(const Call& call, std::string_view key);

// Verifies the token of an issuer that the request carries in place of a key, for what follows.
// Waits for at most some seconds, where the issuer's keys are being fetched. Does nothing without a
// token.
net::Awaitable<void> verify_token(Call& call);

// Who makes the request: the holder of the key or of the token in its headers (presented_key.h) or,
// without such a header, the console whose session its cookie names (console_cookie.h).
// kUnauthorized, kInvalidParameter; of a token also kForbidden, kUnavailable.
base::Result<access::Principal> identify(const Call& call);
// The same for a text that was found in the headers. The access log and the audit trail have the id
// of a token's holder in place of a key's.
base::Result<access::Principal> identify(const Call& call, std::string_view text);

// Whose session of the console it is; nullopt if the request is none of the console's, or if it
// carries a key. kUnauthorized if the session has ended.
std::optional<base::Result<identity::SignedIn>> find_console(const Call& call);
// The principal of the console's session; nullopt if the request is none of the console's, or if
// it carries a key. kUnauthorized if the session has ended; also the errors of
// identity::principal_of().
std::optional<base::Result<access::Principal>> identify_console(const Call& call);

// Counts a request of the call's principal. kTooManyRequests.
base::Result<void> count_request(const Call& call);

// Whether the key or the token of the call's principal would still be taken.
bool has_good_key(const Call& call);
// The same for what takes long and says why it does not go on: kUnauthorized.
base::Result<void> check_key(const Call& call);
// When that is to be asked next: at `planned`, or when it expires.
std::chrono::steady_clock::time_point next_check(const Call& call,
                                                 std::chrono::steady_clock::time_point planned);

}  // namespace snapgate::api
