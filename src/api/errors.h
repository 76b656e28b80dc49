#pragma once

#include <optional>
#include <string_view>

#include "api/freshness.h"
#include "api/side.h"
#include "base/error.h"
#include "net/http/http.h"

namespace snapgate::api {

// How a Code is told over HTTP: one row of the one table. All texts are static.
struct HttpError {
    unsigned status = 500;
    std::string_view code;    // in a body of Palette's
    std::string_view reason;  // in a Status: a StatusReason of meta/v1 where there is one

    std::string_view word(Side side) const { return side == Side::kPalette ? code : reason; }
};

HttpError to_http(base::Code code);

// What a client is told to wait where nobody has said how long, in seconds.
inline constexpr unsigned kRetryAfterSeconds = 1;
// Whether the caller may come back with the same request.
bool may_retry(base::Code code);

// What of an error's message a client may read: neither the inside of a bug nor the server's
// folders. Those go to the log, under `request_id`. Of a very long message the first 16 KiB.
std::string_view shown_message(Side side, const base::Error& error, std::string_view request_id);

// Makes `response` the answer for `error`, whatever was in it before. An error that something
// is not there keeps how fresh the mirror was that did not have it: it may be there by now.
void render_error(Side side, const base::Error& error, std::string_view request_id,
                  const std::optional<objects::Freshness>& freshness, net::Response& response);

// The body of Palette's errors for what has no Error: a refusal of the server before any route.
void render_error_body(std::string_view code, std::string_view message, std::string_view request_id,
                       net::Response& response);

}  // namespace snapgate::api
