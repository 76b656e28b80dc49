#pragma once

#include <optional>

#include "net/http/http.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// The format that the request's Accept headers like best: text/csv, application/x-ndjson,
// text/event-stream, or anything else for a page.
query::ListFormat accepted_format(const net::Request& request);

// The media type of a format.
std::string_view content_type_of(query::ListFormat format);

}  // namespace snapgate::api::palette
