#pragma once

#include <memory>
#include <optional>

#include "connect/connection_source.h"
#include "net/client/outbound_testing.h"

namespace snapgate::connect {

// For tests: what a source gives now.
using GivenConnection = base::Result<std::shared_ptr<const Connection>>;

inline net::Awaitable<void> ask(ConnectionSource& source, std::optional<GivenConnection>& given) {
    given = co_await source.current();
}

inline GivenConnection current(ConnectionSource& source) {
    std::optional<GivenConnection> given;
    net::run_coroutine([&] { return ask(source, given); });
    return *given;
}

}  // namespace snapgate::connect
