#include "net/event_loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "base/log.h"

namespace snapgate::net {

namespace asio = boost::asio;

EventLoop::EventLoop() : work_(context_.get_executor()), thread_([this] { run(); }) {}

EventLoop::~EventLoop() {
    stop();
}

void EventLoop::run() {
    while (true) {
        try {
            context_.run();
            return;
        } catch (const std::exception& error) {
            base::log::error("a task ended by a bug", {{"error", error.what()}});
        }
    }
}

void EventLoop::start(std::function<Awaitable<void>()> make) {
    auto kept = std::make_shared<std::function<Awaitable<void>()>>(std::move(make));
    asio::post(context_, [this, kept] {
        asio::co_spawn(context_.get_executor(), (*kept)(), [kept](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
    });
}

void EventLoop::post(std::function<void()> function) {
    asio::post(context_, std::move(function));
}

void EventLoop::stop() {
    if (!thread_.joinable()) return;
    work_.reset();
    context_.stop();
    thread_.join();
}

Awaitable<void> Alarm::wait(std::chrono::milliseconds duration) {
    if (!rung_) {
        const asio::use_awaitable_t<Executor> token;
        boost::system::error_code ignored;
        timer_.expires_after(duration);
        co_await timer_.async_wait(asio::redirect_error(token, ignored));
    }
    rung_ = false;
}

void Alarm::ring() {
    rung_ = true;
    timer_.cancel();
}

}  // namespace snapgate::net
