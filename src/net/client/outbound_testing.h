#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/client/outbound.h"

namespace snapgate::net {

// For tests: long enough that no slow machine comes near it.
inline constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(60);

// For tests: runs a coroutine to its end. The loop is never destroyed: a thread that has just woken
// it may still be about to leave it.
template <class Make>
void run_coroutine(Make make) {
    static auto& context = *new boost::asio::io_context(1);
    context.restart();
    boost::asio::co_spawn(context, make, [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
    });
    context.run();
}

inline std::shared_ptr<const OutboundTarget> target_for(const OutboundOptions& options) {
    auto target = OutboundTarget::make(options);
    if (target) return *target;
    ADD_FAILURE() << target.error().message;
    return nullptr;
}

inline ClientRequest get_request(const std::string& target, const std::string& method = "GET") {
    ClientRequest request;
    request.method = method;
    request.target = target;
    return request;
}

// One exchange, run to its end.
inline base::Result<ClientResponse> fetch(const OutboundOptions& options,
                                          const ClientRequest& request,
                                          std::chrono::milliseconds timeout = kPatience,
                                          size_t max_bytes = 16 << 20) {
    const auto target = target_for(options);
    std::optional<base::Result<ClientResponse>> answer;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): runs to its end here
    run_coroutine([&]() -> Awaitable<void> {
        answer = co_await exchange(target, request, timeout, max_bytes);
    });
    return *answer;
}

}  // namespace snapgate::net
