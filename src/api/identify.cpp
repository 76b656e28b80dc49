#include "api/identify.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/console_cookie.h"
#include "api/presented_key.h"
#include "identity/principal.h"
#include "identity/signed_token.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

namespace {

Result<access::Principal> principal_of(const Call& call,
                                       std::shared_ptr<const identity::Caller> caller) {
    // The Kubernetes API knows no such header.
    const std::string_view project =
        call.side == Side::kPalette ? call.request.header("ProjectUid").value_or("") : "";
    return identity::principal_of(std::move(caller), {project, named_cluster(call.request.path)},
                                  *call.services.projects.snapshot(),
                                  *call.services.clusters.snapshot());
}

// The secret of the console's session, if the request shows that alone.
std::optional<std::string_view> secret_of_session(const Call& call) {
    const net::Request& request = call.request;
    if (call.services.sessions == nullptr || request.header("ApiKey") ||
        request.header("Authorization"))
        return std::nullopt;
    return console_secret(request);
}

// The token with which the session began, on one of several servers, which has to verify it itself.
std::optional<std::string> token_of_session(const Call& call) {
    const identity::SharedSessions* const shared = call.services.shared_sessions;
    const auto secret = secret_of_session(call);
    if (shared == nullptr || !secret) return std::nullopt;
    const auto session = shared->find(*secret);
    return session ? identity::SharedSessions::token_of(*session, *secret) : std::nullopt;
}

// nullopt if there is no such session. kUnavailable if its token could not be verified now.
Result<std::optional<identity::SignedIn>> find_session(const Call& call, std::string_view secret) {
    identity::SharedSessions* const shared = call.services.shared_sessions;
    if (shared == nullptr) return call.services.sessions->find(secret);
    const auto session = shared->find(secret);
    if (!session) return std::optional<identity::SignedIn>();
    identity::SignedIn who{session->key_id};
    if (!session->sealed.empty()) {
        if (call.token && !*call.token && call.token->error().code == Code::kUnavailable)
            return call.token->error();
        if (!call.token || !*call.token) return std::optional<identity::SignedIn>();
        who.caller = **call.token;
    }
    if (auto use = shared->use(*session)) {
        call.services.store.write(store::Priority::kBatch, *std::move(use),
                                  [](const Result<void>&) {});
    }
    return std::optional(std::move(who));
}

}  // namespace

std::string_view named_cluster(std::string_view path) {
    for (const std::string_view prefix :
         {"/v1/spectroclusters/", "/clusters/", "/admin/v1/clusters/"}) {
        if (!path.starts_with(prefix)) continue;
        path.remove_prefix(prefix.size());
        const std::string_view uid = path.substr(0, path.find('/'));
        return uid == "-" ? std::string_view() : uid;
    }
    return {};
}

Result<access::Principal> authenticate_key(const Call& call, std::string_view key) {
    call.response.key = access::claimed_id(key);
    return call.services.keys.authenticate(key);
}

net::Awaitable<void> verify_token(Call& call) {
    identity::Issuers* const issuers = call.services.issuers;
    if (issuers == nullptr || !issuers->any()) co_return;
    if (const auto token = token_of_session(call)) {
        call.token = co_await issuers->authenticate(*token);
        co_return;
    }
    // A request whose headers are refused is refused later.
    const auto text = presented_key(call.request);
    if (!text || !identity::looks_like_token(*text)) co_return;
    call.token = co_await issuers->authenticate(*text);
}

std::optional<Result<identity::SignedIn>> find_console(const Call& call) {
    const auto secret = secret_of_session(call);
    if (!secret) return std::nullopt;
    Error ended(Code::kUnauthorized, "the session has ended: sign in again");
    SNAPGATE_ASSIGN(auto session, find_session(call, *secret));
    if (!session) return ended;
    call.response.key = session->key_id;
    const bool good =
        session->caller ? session->caller->is_good() : call.services.keys.is_good(session->key_id);
    if (good) return *std::move(session);
    // One of several servers leaves it to the next one that begins.
    if (call.services.shared_sessions == nullptr) call.services.sessions->end(*secret);
    return ended;
}

std::optional<Result<access::Principal>> identify_console(const Call& call) {
    auto session = find_console(call);
    if (!session) return std::nullopt;
    if (!*session) return std::move(*session).error();
    if ((*session)->caller) return principal_of(call, (*session)->caller);
    return call.services.keys.principal_of((*session)->key_id);
}

Result<access::Principal> identify(const Call& call, std::string_view text) {
    if (!call.token || !identity::looks_like_token(text)) return authenticate_key(call, text);
    SNAPGATE_ASSIGN(auto caller, *call.token);
    call.response.key = caller->id();
    return principal_of(call, std::move(caller));
}

Result<access::Principal> identify(const Call& call) {
    if (auto console = identify_console(call)) return std::move(*console);
    SNAPGATE_ASSIGN(const std::string_view key, presented_key(call.request));
    return identify(call, key);
}

Result<void> count_request(const Call& call) {
    const access::Principal& principal = call.principal;
    if (principal.holder) return call.services.keys.count_request(principal.holder->rate());
    return call.services.keys.count_request(principal.key_id);
}

bool has_good_key(const Call& call) {
    const access::Principal& principal = call.principal;
    return principal.holder ? principal.holder->is_good()
                            : call.services.keys.is_good(principal.key_id);
}

Result<void> check_key(const Call& call) {
    if (has_good_key(call)) return {};
    return Error(Code::kUnauthorized,
                 call.principal.holder
                     ? "the token has expired, or is not taken any more, since the request began"
                     : "the key was revoked, or has expired, since the request began");
}

std::chrono::steady_clock::time_point next_check(const Call& call,
                                                 std::chrono::steady_clock::time_point planned) {
    const access::Principal& principal = call.principal;
    const auto left = principal.holder ? std::optional(principal.holder->remaining())
                                       : call.services.keys.remaining(principal.key_id);
    return left ? std::min(planned, std::chrono::steady_clock::now() + *left) : planned;
}

}  // namespace snapgate::api
