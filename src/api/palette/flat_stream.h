#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/result.h"
#include "net/server/aside.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// Appends rows until `out` holds about `full` bytes, or a step's work was done; true at the end.
using FlatStep = std::function<base::Result<bool>(std::string& out, size_t full)>;

// Answers with every row as lines of CSV or JSON, in pieces. Once it has begun, which is at the
// first row, an error can only be told by cutting the answer off. `csv_head` is the first line of
// CSV; `where` the steps are made; `kept_bytes`: what the list keeps in memory between its steps.
net::Awaitable<base::Result<void>> stream_flat(Call& call, query::ListFormat format,
                                               std::string csv_head, net::Where where,
                                               FlatStep step, std::function<size_t()> kept_bytes);

}  // namespace snapgate::api::palette
