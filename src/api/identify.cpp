#include "api/identify.h"

#include "api/console_cookie.h"
#include "api/presented_key.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

Result<access::Principal> authenticate_key(const Call& call, std::string_view key) {
    call.response.key = access::claimed_id(key);
    return call.services.keys.authenticate(key);
}

std::optional<Result<access::Principal>> identify_console(const Call& call) {
    const net::Request& request = call.request;
    if (call.services.sessions == nullptr || request.header("ApiKey") ||
        request.header("Authorization"))
        return std::nullopt;
    const auto secret = console_secret(request);
    if (!secret) return std::nullopt;
    Error ended(Code::kUnauthorized, "the session has ended: sign in again");
    const auto key_id = call.services.sessions->key_of(*secret);
    if (!key_id) return ended;
    call.response.key = *key_id;
    auto principal = call.services.keys.principal_of(*key_id);
    if (!principal) {
        call.services.sessions->end(*secret);
        return ended;
    }
    return principal;
}

Result<access::Principal> identify(const Call& call) {
    if (auto console = identify_console(call)) return std::move(*console);
    SNAPGATE_ASSIGN(const std::string_view key, presented_key(call.request));
    return authenticate_key(call, key);
}

}  // namespace snapgate::api
