#include "api/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/audit.h"
#include "api/errors.h"
#include "api/freshness.h"
#include "api/identify.h"
#include "api/token_maker.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "commit/commit.h"
#include "connect/passed_servers.h"
#include "json/value.h"

namespace snapgate::api {
namespace {

using base::Code;
using base::Error;
using base::Result;

// As much of a parameter's name as a message shows.
constexpr size_t kShownName = 64;

// Whether `path` is of the form `pattern`. Leaves its parameters, still encoded, in `parameters`.
bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string_view>& parameters) {
    parameters.clear();
    while (true) {
        size_t pattern_end = pattern.find('/', 1);
        size_t path_end = path.find('/', 1);
        std::string_view wanted = pattern.substr(0, pattern_end);
        std::string_view given = path.substr(0, path_end);
        if (wanted == "/{}") {
            if (given.size() < 2) return false;
            parameters.push_back(given.substr(1));
        } else if (wanted != given) {
            return false;
        }
        bool last = pattern_end == std::string_view::npos;
        if (last != (path_end == std::string_view::npos)) return false;
        if (last) return true;
        pattern.remove_prefix(pattern_end);
        path.remove_prefix(path_end);
    }
}

bool is_word_of(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::string_view first = words.substr(0, words.find(' '));
        if (first == word) return true;
        words.remove_prefix(std::min(first.size() + 1, words.size()));
    }
    return false;
}

// A write refuses parameters that it does not know: a mistyped `namespace` would make it act
// elsewhere, and an unsupported `dryRun` would be stored. A read ignores them, as the published API
// does.
Result<void> check_query(const Route& route, const net::Request& request) {
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (is_word_of(route.takes, parameter->name)) continue;
        return Error(Code::kInvalidParameter,
                     fmt::format("there is no parameter {} here: this operation takes {}",
                                 base::quote(parameter->name, kShownName),
                                 route.takes.empty() ? "none" : route.takes),
                     std::string(base::clip(parameter->name, kShownName)));
    }
    return {};
}

// What the body of a deletion said (preconditions, a dry run) would be passed over. Some clients
// send an empty object.
net::Awaitable<Result<void>> check_no_body(Call& call) {
    SNAPGATE_CO_ASSIGN(auto text, co_await read_text(call, kMaxSmallBodyBytes));
    if (text.empty()) co_return Result<void>{};
    const auto value = json::parse(text);
    const json::Object* object = value ? value->if_object() : nullptr;
    if (value && (value->is_null() || (object != nullptr && object->empty())))
        co_return Result<void>{};
    co_return Error(Code::kInvalidBody, "this operation takes no body: leave it out");
}

// What the audit trail calls it.
void note_route(const Route& route, Call& call) {
    call.verb = route.audited_as.empty() ? to_text(route.verb) : route.audited_as;
    // A reader's POST is a question.
    call.writes = !is_read(route.verb) && route.role && *route.role >= access::Role::kEditor;
    if (call.audit != nullptr) call.audit->verb = call.verb;
}

// False: one of them cannot be decoded.
bool decode_parameters(const Match& match, Call& call) {
    for (std::string_view parameter : match.parameters) {
        auto decoded = base::decode_segment(parameter);
        if (!decoded) return false;
        call.parameters.push_back(std::move(*decoded));
    }
    return true;
}

// Counts the request among those of its key, until its answer is sent.
Result<void> take_turn(Call& call) {
    if (call.principal.key_id.empty()) return {};
    SNAPGATE_ASSIGN(call.turn, KeyShares::enter(call.services.shares, call.principal.key_id));
    call.request.held->count_for({call.turn, &call.turn->bytes()});
    return {};
}

// What was made of an answer is held until the client has taken it. What a write answers is not
// refused: the write is done.
Result<void> hold_answer(Call& call) {
    if (call.response.stream->begun()) return {};
    const size_t size = call.response.body.size();
    if (call.request.method == "GET" || call.request.method == "HEAD")
        return call.request.held->hold_answer(size);
    call.request.held->hold_answer_anyway(size);
    return {};
}

// Whether the answer depends on what other servers may have written to the truth: not on a server
// that has none beside its store, and not for who shows no key and is told of the process alone.
bool asks_truth(const Call& call) {
    if (!call.services.store.replicates()) return false;
    const net::Request& request = call.request;
    return request.path != "/metrics" &&
           (request.header("ApiKey") || request.header("Authorization") ||
            request.header("Cookie"));
}

// Whether what is read is the mirror of a connected cluster, whose age is that of the mirror.
bool reads_mirror(const Call& call) {
    const net::Request& request = call.request;
    if (request.path.starts_with("/admin/") ||
        (request.method != "GET" && request.method != "HEAD"))
        return false;
    const auto clusters = call.services.clusters.snapshot();
    const auto cluster = clusters->find(std::string(named_cluster(request.path)));
    return cluster != clusters->end() && cluster->second.connected();
}

// Has the store show what other servers wrote to the truth: also that a key was revoked.
net::Awaitable<Result<void>> catch_up(Call& call) {
    if (!asks_truth(call)) co_return Result<void>();
    const bool mirror = reads_mirror(call);
    if (mirror && call.services.store.is_recent()) co_return Result<void>();
    SNAPGATE_CO_ASSIGN(const auto age, co_await commit::caught_up(call.services.store));
    if (!mirror) call.copy_age = age;
    co_return Result<void>();
}

// nullopt: the store shows all that was acknowledged.
std::optional<objects::Freshness> freshness_of_copy(const Call& call) {
    if (call.copy_age.count() == 0) return std::nullopt;
    const int64_t seconds = std::chrono::ceil<std::chrono::seconds>(call.copy_age).count();
    return objects::Freshness{
        .stale = true,
        .age_seconds = std::min(seconds, objects::kMostAgeSeconds),
        .text = fmt::format("etcd is out of reach: this is {} s old", seconds)};
}

// With a truth out of reach nothing is written, and what is read says how old it is.
Result<void> tell_copy_age(Call& call) {
    constexpr unsigned kRetrySeconds = 1;
    if (call.copy_age.count() == 0) return {};
    if (call.writes) {
        Error error(Code::kUnavailable,
                    "etcd is out of reach of this replica, or has no quorum: nothing was written");
        error.retry_after_seconds = kRetrySeconds;
        return error;
    }
    add_headers(*freshness_of_copy(call), call.side, call.response);
    return {};
}

net::Awaitable<Result<void>> run(const Face& face, Call& call) {
    // Before the key is looked up.
    SNAPGATE_CO_TRY(co_await catch_up(call));
    SNAPGATE_CO_ASSIGN(
        call.passed, connect::read_passed_servers(call.request, call.services.mirrors.server_id()));
    co_await verify_token(call);
    SNAPGATE_CO_ASSIGN(const Match match, face.find(call));
    if (match.route == nullptr) co_return face.refuse(call, match);
    const Route& route = *match.route;
    call.response.route = route.path;
    note_route(route, call);
    if (!decode_parameters(match, call)) co_return face.refuse(call, match);
    SNAPGATE_CO_ASSIGN(const bool known, face.admit(call, route));
    if (!known) co_return face.refuse(call, match);
    if (call.audit != nullptr) note_caller(call, *call.audit);
    SNAPGATE_CO_TRY(tell_copy_age(call));
    SNAPGATE_CO_TRY(take_turn(call));
    if (face.strict && !is_read(route.verb)) SNAPGATE_CO_TRY(check_query(route, call.request));
    if (face.strict && route.verb == Verb::kDelete) SNAPGATE_CO_TRY(co_await check_no_body(call));
    SNAPGATE_CO_ASSIGN(const bool answered, co_await answered_by_maker(call));
    if (answered) co_return Result<void>{};
    SNAPGATE_CO_ASSIGN(call.form, face.negotiate(call, route));
    const Operation operation = face.choose(call, route);
    co_return co_await operation(call);
}

}  // namespace

std::string_view to_text(Verb verb) {
    switch (verb) {
        case Verb::kGet:
            return "get";
        case Verb::kList:
            return "list";
        case Verb::kWatch:
            return "watch";
        case Verb::kCreate:
            return "create";
        case Verb::kUpdate:
            return "update";
        case Verb::kPatch:
            return "patch";
        case Verb::kDelete:
            return "delete";
        case Verb::kDeleteCollection:
            break;
    }
    return "deletecollection";
}

std::string_view method_of(Verb verb) {
    switch (verb) {
        case Verb::kGet:
        case Verb::kList:
        case Verb::kWatch:
            return "GET";
        case Verb::kCreate:
            return "POST";
        case Verb::kUpdate:
            return "PUT";
        case Verb::kPatch:
            return "PATCH";
        case Verb::kDelete:
        case Verb::kDeleteCollection:
            break;
    }
    return "DELETE";
}

Match find_route(std::span<const Route> routes, std::string_view method, std::string_view path,
                 bool watch) {
    Match match;
    // HEAD is answered wherever GET is; the server leaves the body out.
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Route& route : routes) {
        if (!matches(route.path, path, match.parameters)) continue;
        const std::string_view taken = method_of(route.verb);
        // GET on a collection is a list or, where it says so, a watch.
        const bool other_read = route.verb == (watch ? Verb::kList : Verb::kWatch);
        if (taken == wanted && !other_read)
            return {&route, std::move(match.parameters), nullptr, {}};
        if (other_read) continue;
        match.other = &route;
        if (!match.allow.empty()) match.allow += ", ";
        match.allow += taken == "GET" ? "GET, HEAD" : taken;
    }
    return match;
}

void forbid_caches(const net::Request& request, net::Response& response) {
    // What these tell depends on the key, and caches know nothing of the header ApiKey.
    if (request.path.starts_with("/admin/") || request.path.starts_with("/v1/dashboard/") ||
        request.path == "/metrics")
        response.add_header("Cache-Control", "no-store");
}

net::Awaitable<void> answer(const Face& face, const Services& services, net::Request& request,
                            net::Response& response) {
    Call call(face.side, services, request, response);
    call.audit = begin_action(services, request);
    auto result = co_await run(face, call);
    if (result) result = hold_answer(call);
    if (!result) {
        render_error(call.side, result.error(), request.id,
                     call.freshness ? call.freshness : freshness_of_copy(call), response);
        request.held->hold_answer_anyway(response.body.size());
        // Another key may not be refused. Kubernetes' clients name theirs in Authorization, and
        // what answers that no shared cache keeps.
        if (face.side == Side::kPalette) response.add_header("Cache-Control", "no-store");
    }
    co_await record_request(call);
}

}  // namespace snapgate::api
