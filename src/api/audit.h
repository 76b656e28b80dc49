#pragma once

#include <memory>
#include <string>

#include "api/call.h"
#include "audit/action.h"
#include "audit/trail.h"

namespace snapgate::api {

// What a request has to do with the audit trail.

// What the caller does, as far as the request says it; null where there is no trail, and for reads:
// they have a line only if they are refused.
std::shared_ptr<audit::Action> begin_action(const Services& services, const net::Request& request);

// Notes who the caller is, once that is known.
void note_caller(const Call& call, audit::Action& action);

// Before the answer goes out: gives a write that has no line yet its own, in a commit, and a
// refusal the line of a refusal.
net::Awaitable<void> record_request(Call& call);

// `function`, which adds the line of the write to what it has written. Unchanged where there is no
// trail. `object` is what the write is about.
store::WriteFunction with_line(const Call& call, store::WriteFunction function,
                               audit::Object object, audit::Change change,
                               std::string details = {});

}  // namespace snapgate::api
