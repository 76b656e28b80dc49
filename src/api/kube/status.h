#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http/http.h"

namespace snapgate::api::kube {

// The body of an error on the Kubernetes side: a Status (meta/v1), with its HTTP code in `code`.
// Shows of the message what shown_message() of api/errors.h lets through.
std::string status_body(const base::Error& error, std::string_view request_id);

// What kube-apiserver answers to a path it does not know.
void render_no_such_path(net::Response& response);

}  // namespace snapgate::api::kube
