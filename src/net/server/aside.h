#pragma once

#include <cstddef>
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

// Returns what `make` returns. What is about more than kMostBytesAtOnce `bytes` of JSON is made on
// another thread (ResponseStream::do_aside), less on this one. `make` and all that it leaves behind
// is the caller's alone until then; it refers to what the caller's frame keeps.
template <typename Make>
Awaitable<std::invoke_result_t<Make&>> make_aside(ResponseStream& stream, size_t bytes, Make make) {
    if (bytes <= kMostBytesAtOnce) co_return make();
    std::optional<std::invoke_result_t<Make&>> made;
    std::function<void()> work = [&] { made.emplace(make()); };
    co_await stream.do_aside(std::move(work));
    co_return std::move(*made);
}

}  // namespace snapgate::net
