#include "api/console_session.h"

#include <fmt/format.h>

#include <string>

#include "api/console_cookie.h"
#include "api/identify.h"
#include "base/clock.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

namespace {

// What the console says of itself and of who uses it; without `principal`, nobody is signed in.
json::Object describe(const Call& call, const access::Principal* principal) {
    json::Object session{{"version", SNAPGATE_VERSION}, {"signedIn", principal != nullptr}};
    if (principal == nullptr) return session;
    const auto keys = call.services.keys.keys();
    const auto key = keys->find(principal->key_id);
    if (key == keys->end()) return {{"version", SNAPGATE_VERSION}, {"signedIn", false}};
    session["keyId"] = principal->key_id;
    session["keyName"] = key->second.name;
    session["role"] = std::string(access::role_name(principal->role));
    session["projectUid"] = principal->project;
    if (key->second.expires_ms)
        session["expiresAt"] = base::format_rfc3339(*key->second.expires_ms);
    return session;
}

Result<void> check_offered(Call& call) {
    call.response.add_header("Cache-Control", "no-store");
    if (call.services.sessions != nullptr) return {};
    return Error(Code::kNotFound, fmt::format("there is no route {} {}: the console is off",
                                              call.request.method, call.request.path));
}

// Signing in and out, too, is for the console alone: no other site may sign a browser in as
// somebody else, or out.
Result<void> check_console(Call& call) {
    SNAPGATE_TRY(check_offered(call));
    if (is_of_console(call.request)) return {};
    return Error(Code::kForbidden,
                 "this is for the console alone, whose requests have the header "
                 "X-Snapgate-Console: 1; programs send the key with each request");
}

// Has the audit trail tell of a session that begins or ends. Only of those: whoever has no key
// could otherwise make the server write.
void note_session(Call& call, const access::Principal& principal) {
    call.principal = principal;
    call.writes = true;
    if (call.audit != nullptr) call.audit->object = {.kind = "ConsoleSession"};
}

}  // namespace

net::Awaitable<Result<void>> get_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_offered(call));
    const auto principal = identify_console(call);
    const bool signed_in = principal && *principal;
    respond_json(call, 200, describe(call, signed_in ? &**principal : nullptr));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> begin_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_console(call));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_TRY(json::refuse_unknown(body, {"key"}));
    SNAPGATE_CO_ASSIGN(const std::string key, json::optional_string(body, "key"));
    auto principal = authenticate_key(call, key);
    if (!principal) {
        co_return Error(Code::kUnauthorized,
                        "this is no valid key: it is unknown, revoked or expired");
    }
    SNAPGATE_CO_TRY(call.services.keys.count_request(principal->key_id));
    // The session that the browser had is of no more use.
    if (const auto before = console_secret(call.request)) call.services.sessions->end(*before);
    const std::string secret = call.services.sessions->begin(principal->key_id);
    note_session(call, *principal);
    call.response.add_header("Set-Cookie", set_console_secret(call.request, secret));
    respond_json(call, 200, describe(call, &*principal));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> end_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_console(call));
    if (const auto principal = identify_console(call); principal && *principal)
        note_session(call, **principal);
    if (const auto secret = console_secret(call.request)) call.services.sessions->end(*secret);
    call.response.add_header("Set-Cookie", remove_console_secret(call.request));
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api
