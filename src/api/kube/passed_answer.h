#pragma once

#include "api/call.h"
#include "base/result.h"
#include "json/api_version.h"
#include "json/value.h"
#include "net/client/client.h"

namespace snapgate::api::kube {

// Hands a connected cluster's answer on to the caller whose request was passed on: its objects,
// Tables and Statuses, with its Warnings and Retry-After, in the version that `change` leads to.
// Afterwards `answer.body` is what the caller gets. Anything else - a proxy's page, the bare text
// of a server that does not know the path, nothing at all - is never handed on: the caller gets a
// Status that says what came.
void take_over(Call& call, net::ClientResponse& answer, const json::ApiVersionChange& change);

// What a Status says of what the call is about.
json::Object details_of(const Call& call);

}  // namespace snapgate::api::kube
