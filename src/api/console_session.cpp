#include "api/console_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "access/keys.h"
#include "api/console_cookie.h"
#include "api/identify.h"
#include "base/clock.h"
#include "identity/issuers.h"
#include "identity/principal.h"
#include "identity/sessions.h"
#include "identity/signed_token.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

namespace {

json::Object describe_nobody() {
    return {{"version", SNAPGATE_VERSION}, {"signedIn", false}};
}

json::Object describe(std::string_view id, std::string_view name, access::Role role,
                      const std::string& project, std::optional<int64_t> expires_ms) {
    json::Object session{{"version", SNAPGATE_VERSION},
                         {"signedIn", true},
                         {"keyId", id},
                         {"keyName", name},
                         {"role", std::string(access::role_name(role))},
                         {"projectUid", project}};
    if (expires_ms) session["expiresAt"] = base::format_rfc3339(*expires_ms);
    return session;
}

// Who has a token may have rights in several projects: then each of them is named, and a request
// says by ProjectUid which one it is about. What the tenant gives, or else the first project, is
// what the session begins with.
json::Object describe(const Call& call, const identity::Caller& caller) {
    const auto projects = call.services.projects.snapshot();
    const auto rights = identity::rights_of(caller, *projects, *call.services.clusters.snapshot());
    if (rights.empty()) return describe_nobody();
    auto chosen = std::ranges::find(rights, std::string(), &identity::Right::project);
    if (chosen == rights.end()) chosen = rights.begin();
    json::Object session =
        describe(caller.id(), caller.name(), chosen->role, chosen->project, caller.expires_ms());
    if (rights.size() == 1) return session;
    json::Array all;
    for (const identity::Right& right : rights) {
        const auto project = projects->find(right.project);
        all.push_back(json::Object{{"uid", right.project},
                                   {"name", project == projects->end() ? "" : project->second.name},
                                   {"role", std::string(access::role_name(right.role))}});
    }
    session["projects"] = std::move(all);
    return session;
}

// What the console says of itself and of who uses it.
json::Object describe(const Call& call, const identity::SignedIn& who) {
    if (who.caller) return describe(call, *who.caller);
    const auto keys = call.services.keys.keys();
    const auto key = keys->find(who.key_id);
    if (key == keys->end()) return describe_nobody();
    return describe(who.key_id, key->second.name, key->second.role, key->second.project,
                    key->second.expires_ms);
}

// Who shows the key, or the token of an issuer.
net::Awaitable<Result<identity::SignedIn>> authenticate(Call& call, std::string_view text) {
    identity::Issuers* const issuers = call.services.issuers;
    if (issuers != nullptr && issuers->any() && identity::looks_like_token(text)) {
        SNAPGATE_CO_ASSIGN(auto caller, co_await issuers->authenticate(text));
        call.response.key = caller->id();
        // Without a right in any project there is nothing to look at.
        if (auto found = identity::rights_of(*caller, *call.services.projects.snapshot(),
                                             *call.services.clusters.snapshot());
            found.empty()) {
            co_return identity::refuse_without_rights(*caller);
        }
        std::string id = caller->id();
        co_return identity::SignedIn{std::move(id), std::move(caller)};
    }
    if (!authenticate_key(call, text)) {
        co_return Error(Code::kUnauthorized,
                        "this is no valid key: it is unknown, revoked or expired");
    }
    co_return identity::SignedIn{std::string(access::claimed_id(text))};
}

// Counts the signing in as a request of who it is.
Result<void> count_request(const Call& call, const identity::SignedIn& who) {
    if (who.caller) return call.services.keys.count_request(who.caller->rate());
    return call.services.keys.count_request(who.key_id);
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
void note_session(Call& call, const identity::SignedIn& who) {
    call.principal.key_id = who.key_id;
    if (who.caller) {
        call.principal.key_name = who.caller->name();
    } else if (auto principal = call.services.keys.principal_of(who.key_id)) {
        call.principal = *std::move(principal);
    }
    call.writes = true;
    if (call.audit != nullptr) call.audit->object = {.kind = "ConsoleSession"};
}

// The secret of a new session. That of the session that the browser had is of no more use. `shown`:
// the key or the token.
net::Awaitable<Result<std::string>> begin_session(Call& call, const identity::SignedIn& who,
                                                  std::string_view shown) {
    std::string before(console_secret(call.request).value_or(""));
    identity::SharedSessions* const shared = call.services.shared_sessions;
    if (shared == nullptr) {
        call.services.sessions->end(before);
        co_return call.services.sessions->begin(who);
    }
    identity::SharedSessions::Made made = shared->make(who, shown);
    store::WriteFunction write = [shared, session = std::move(made.session),
                                  before =
                                      std::move(before)](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(identity::SharedSessions::end(txn, before));
        return shared->put(txn, session);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call.services, std::move(write)));
    co_return std::move(made.secret);
}

net::Awaitable<Result<void>> end_session(Call& call, std::string secret) {
    if (call.services.shared_sessions == nullptr) {
        call.services.sessions->end(secret);
        co_return Result<void>{};
    }
    store::WriteFunction write = [secret = std::move(secret)](store::WriteTxn& txn) {
        return identity::SharedSessions::end(txn, secret);
    };
    co_return co_await commit_registry(call.services, std::move(write));
}

}  // namespace

net::Awaitable<Result<void>> get_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_offered(call));
    const auto session = find_console(call);
    respond_json(call, 200, session && *session ? describe(call, **session) : describe_nobody());
    co_return Result<void>{};
}

net::Awaitable<Result<void>> begin_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_console(call));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_TRY(json::refuse_unknown(body, {"key"}));
    SNAPGATE_CO_ASSIGN(const std::string key, json::optional_string(body, "key"));
    SNAPGATE_CO_ASSIGN(const identity::SignedIn who, co_await authenticate(call, key));
    SNAPGATE_CO_TRY(count_request(call, who));
    SNAPGATE_CO_ASSIGN(const std::string secret, co_await begin_session(call, who, key));
    note_session(call, who);
    call.response.add_header("Set-Cookie", set_console_secret(call.request, secret));
    respond_json(call, 200, describe(call, who));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> end_console_session(Call& call) {
    SNAPGATE_CO_TRY(check_console(call));
    if (const auto session = find_console(call); session && *session) note_session(call, **session);
    if (const auto secret = console_secret(call.request))
        SNAPGATE_CO_TRY(co_await end_session(call, std::string(*secret)));
    call.response.add_header("Set-Cookie", remove_console_secret(call.request));
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api
