#include "api/audit.h"

#include <utility>

#include "base/log.h"
#include "commit/commit.h"
#include "net/server/key_secret.h"

namespace snapgate::api {
namespace {

using base::Result;

// Whether a request that changes nothing has a line.
bool is_refusal(const Call& call) {
    const unsigned status = call.response.status;
    // A cluster of another project is not there for this caller; whoever reads the trail wants to
    // know that somebody asked for it.
    return status == 401 || status == 403 || status == 429 || (status >= 400 && call.hidden);
}

// Of a request that was refused before its route was known.
std::string_view verb_of(const net::Request& request) {
    if (request.method == "POST") return "create";
    if (request.method == "PUT") return "update";
    if (request.method == "PATCH") return "patch";
    return request.method == "DELETE" ? "delete" : "get";
}

audit::Outcome outcome_of(const Call& call, const audit::Action& action) {
    const unsigned status = call.response.status;
    if (status < 400) return audit::Outcome::kDone;
    if (status < 500) return action.began ? audit::Outcome::kFailed : audit::Outcome::kRefused;
    // Its answer is lost or late, so nobody knows what the cluster did.
    const bool unknown = action.sent && (status == 502 || status == 504);
    return unknown ? audit::Outcome::kUnknown : audit::Outcome::kFailed;
}

net::Awaitable<void> commit_line(Call& call, std::string line) {
    store::WriteFunction write = [line](store::WriteTxn& txn) { return txn.add_audit_line(line); };
    const auto committed =
        co_await commit::one(call.services.store, store::Priority::kRequest, std::move(write));
    if (committed) co_return;
    // What was done is done, and is answered. The line goes the way of the refusals.
    base::log::error("the line of a write could not be stored for the audit trail",
                     {{"requestId", call.request.id}, {"error", committed.error().message}});
    call.services.audit->tell(line);
}

}  // namespace

std::shared_ptr<audit::Action> begin_action(const Services& services, const net::Request& request) {
    if (services.audit == nullptr) return nullptr;
    if (request.method == "GET" || request.method == "HEAD") return nullptr;
    auto action = std::make_shared<audit::Action>();
    action->from = request.peer;
    action->request_id = request.id;
    action->path = net::without_key_secrets(std::string(request.path));
    return action;
}

void note_caller(const Call& call, audit::Action& action) {
    action.actor.key = call.response.key;
    action.actor.verified = !call.principal.key_id.empty();
    action.actor.name = call.principal.key_name;
    if (action.actor.verified || action.actor.key.empty()) return;
    const auto keys = call.services.keys.keys();
    const auto key = keys->find(action.actor.key);
    if (key != keys->end()) action.actor.name = key->second.name;
}

net::Awaitable<void> record_request(Call& call) {
    if (call.services.audit == nullptr) co_return;
    if (!call.writes && !is_refusal(call)) co_return;
    std::shared_ptr<audit::Action> action = call.audit;
    if (action == nullptr) {
        action = std::make_shared<audit::Action>();
        action->from = call.request.peer;
        action->request_id = call.request.id;
        action->path = net::without_key_secrets(std::string(call.request.path));
    }
    if (action->verb.empty()) action->verb = call.verb.empty() ? verb_of(call.request) : call.verb;
    note_caller(call, *action);
    audit::End end{.outcome = outcome_of(call, *action),
                   .status = call.response.status,
                   .reason = call.response.code,
                   .details = action->details};
    const bool done = end.outcome == audit::Outcome::kDone;
    if (done && (action->recorded || action->dry_run)) co_return;
    // The object may have the name that the request gave it.
    std::string line = net::without_key_secrets(
        audit::line_of(*action, action->object, end, call.services.store.now_ms()));
    if (done || action->began || end.outcome == audit::Outcome::kUnknown) {
        co_await commit_line(call, std::move(line));
    } else {
        call.services.audit->tell(line);
    }
}

store::WriteFunction with_line(const Call& call, store::WriteFunction function,
                               audit::Object object, audit::Change change, std::string details) {
    if (call.audit == nullptr) return function;
    return [function = std::move(function), action = call.audit, object = std::move(object), change,
            details = std::move(details)](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(function(txn));
        return txn.add_audit_line(net::without_key_secrets(
            audit::line_of(*action, object, {.change = change, .details = details}, txn.now_ms())));
    };
}

}  // namespace snapgate::api
