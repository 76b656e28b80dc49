#pragma once

#include <string_view>

#include "base/error.h"
#include "net/http/http.h"

namespace snapgate::api {

// Turns an Error into HTTP in the form and the codes of the Palette side, which the admin side
// shares. The Kubernetes side has api/kube/status.h.
struct HttpError {
    unsigned status = 500;
    std::string_view code;  // static text
};

HttpError to_http(base::Code code);

// Makes `response` the answer for `error`, whatever was in it before (but see
// clear_headers_for_error). What is a bug is logged with `request_id` and shown as no more than
// that.
void render_error(const base::Error& error, std::string_view request_id, net::Response& response);

// The same body for what has no Error: a refusal of the server before any route.
void render_error_body(std::string_view code, std::string_view message, std::string_view request_id,
                       net::Response& response);

}  // namespace snapgate::api
