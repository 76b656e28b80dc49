#pragma once

#include <cstddef>
#include <functional>

#include "api/call.h"
#include "base/result.h"
#include "json/value.h"
#include "net/http/http.h"

namespace snapgate::api {

// Answers with {"items": [...]}, a document for each row of a table of the registry. Long tables
// are looked through, and their documents made and printed, on another thread
// (net/server/aside.h). `rows`: how many rows `make` looks at. `make` runs once, and refers to what
// the caller's frame keeps; its error is the request's.
net::Awaitable<base::Result<void>> respond_items(Call& call, size_t rows,
                                                 std::function<base::Result<json::Array>()> make);

}  // namespace snapgate::api
