#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace snapgate::net {

// Every connection lives on one io_context that one thread runs; a handler runs there too and never
// leaves it. Work done elsewhere comes back by a post to the handler's executor, which any thread
// may make.
using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Awaitable = boost::asio::awaitable<T, Executor>;

}  // namespace snapgate::net
