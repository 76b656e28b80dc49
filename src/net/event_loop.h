#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "net/http/http.h"

namespace snapgate::net {

// A thread for coroutines that serve no connection of a server. start() and post() from any thread;
// the rest by who owns it.
class EventLoop {
  public:
    EventLoop();
    ~EventLoop();  // as stop()
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Runs a coroutine on the loop's thread. `make` is kept until it has ended, so what it captured
    // may be used by the coroutine. One that throws is logged: it is a bug.
    void start(std::function<Awaitable<void>()> make);
    void post(std::function<void()> function);
    // Ends the thread. Coroutines that still wait are dropped with the loop.
    void stop();

    Executor executor() { return context_.get_executor(); }

  private:
    void run();

    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<Executor> work_;
    std::thread thread_;
};

// A pause that can be ended early. On one thread; it outlives its waits.
class Alarm {
  public:
    explicit Alarm(const Executor& executor) : timer_(executor) {}

    // Waits so long, or until ring(). One who waits at a time.
    Awaitable<void> wait(std::chrono::milliseconds duration);
    // Ends the wait, or the next one if none is under way.
    void ring();

  private:
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
        timer_;
    bool rung_ = false;
};

}  // namespace snapgate::net
