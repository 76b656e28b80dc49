#pragma once

#include <memory>
#include <optional>

#include "cluster/connection.h"
#include "net/outbound_testing.h"

namespace snapgate::cluster {

// For tests: what a source gives now.
inline base::Result<std::shared_ptr<const Connection>> current(ConnectionSource& source) {
    std::optional<base::Result<std::shared_ptr<const Connection>>> given;
    net::run_coroutine([&]() -> net::Awaitable<void> { given = co_await source.current(); });
    return *given;
}

}  // namespace snapgate::cluster
