#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/result.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// Appends rows until `out` holds about `full` bytes, or a step's work was done; true at the end.
using FlatStep = std::function<base::Result<bool>(std::string& out, size_t full)>;

// Answers with every row as lines of CSV or JSON, in pieces, in constant memory. Once it has begun,
// an error can only be told by cutting the answer off. `csv_head` is the first line of CSV.
net::Awaitable<base::Result<void>> stream_flat(Call& call, query::ListFormat format,
                                               std::string csv_head, FlatStep step);

}  // namespace snapgate::api::palette
