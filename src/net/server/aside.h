#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "net/awaitable.h"
#include "net/server/response_stream.h"

namespace snapgate::net {

// The most JSON that a thread which serves connections reads, judges or prints at one time: about a
// millisecond of work. To hand less than that to another thread would cost more than it spares.
inline constexpr size_t kMostBytesAtOnce = 32 << 10;
// As many bytes of YAML take as long to read as so many times as many of JSON.
inline constexpr size_t kYamlWeight = 100;

// Where work is done: on the thread that serves the connection, or on one of the pool.
enum class Where : uint8_t { kHere, kAside };

// Returns what `make` returns, made on this thread or on another one (ResponseStream::do_aside).
// `make` and all that it leaves behind is the caller's alone until then; it refers to what the
// caller's frame keeps.
template <typename Make>
Awaitable<std::invoke_result_t<Make&>> make_at(ResponseStream& stream, Where where, Make make) {
    if (where == Where::kHere) co_return make();
    std::optional<std::invoke_result_t<Make&>> made;
    std::function<void()> work = [&] { made.emplace(make()); };
    co_await stream.do_aside(std::move(work));
    co_return std::move(*made);
}

// The same for something about so many bytes of JSON: more than kMostBytesAtOnce are made aside.
template <typename Make>
Awaitable<std::invoke_result_t<Make&>> make_aside(ResponseStream& stream, size_t bytes, Make make) {
    return make_at(stream, bytes > kMostBytesAtOnce ? Where::kAside : Where::kHere,
                   std::move(make));
}

}  // namespace snapgate::net
