#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http/http.h"

namespace snapgate::api::kube {

// The body of an error on the Kubernetes side: a Status (meta/v1), with its HTTP code in `code`.
// Errors of a bug or of the server's disk say no more than that; what happened goes to the log.
std::string status_body(const base::Error& error, std::string_view request_id, unsigned& code);

// The whole answer: code, body, Retry-After where there is one. Drops what was written so far.
void render_status(const base::Error& error, net::Request& request, net::Response& response);

// What kube-apiserver answers to a path it does not know.
void render_no_such_path(net::Response& response);

}  // namespace snapgate::api::kube
