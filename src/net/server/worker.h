#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <list>
#include <map>
#include <string>
#include <thread>

#include "net/buffer_pool.h"
#include "net/http/gzip.h"
#include "net/http/response_head.h"
#include "net/server/connection_counts.h"
#include "net/server/server.h"
#include "net/server/work_pool.h"
#include "net/transport.h"

namespace snapgate::net {

class Connection;

// One io_context with its thread, and what that thread's connections share. Only adopt(),
// displace(), begin_stop(), cut(), start(), join() and executor() may be called from elsewhere.
// `options`, `hooks` and `counts` outlive it; of `pool`, which may be destroyed before it, nothing
// may run any more when it is.
class Worker {
  public:
    Worker(const ServerOptions& options, const ServerHooks& hooks, ConnectionCounts& counts,
           WorkPool& pool, HeldTotal& held);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // Takes a connection whose socket was made on executor().
    void adopt(Socket socket, const Entrant& entrant);
    // Closes an adopted connection that lost its place above the cap (ConnectionCounts::enter).
    void displace(uint64_t refusal);
    // Idle connections end; the others end with their running request.
    void begin_stop();
    // Every socket is closed at once.
    void cut();
    // Ends the thread. What still waits is dropped when the Worker is destroyed.
    void join();

    Executor executor() { return context_.get_executor(); }

    // For this thread's connections:
    const ServerOptions& options() const { return options_; }
    const ServerHooks& hooks() const { return hooks_; }
    ConnectionCounts& counts() { return counts_; }
    BufferPool& buffers() { return buffers_; }
    Gzip& gzip() { return gzip_; }
    WorkPool& pool() { return pool_; }
    HeldTotal& held_total() { return held_; }
    std::string_view date() { return date_.now(); }
    // Puts it into `id`, whose memory is used again.
    void fresh_request_id(std::string& id);
    bool stopping() const { return stopping_; }
    using Connections = std::list<Connection*>;
    Connections::iterator enter(Connection* connection, const Entrant& entrant);
    void leave(Connections::iterator place, const Entrant& entrant);

  private:
    using Timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

    void run();
    void sweep_later();

    const ServerOptions& options_;
    const ServerHooks& hooks_;
    ConnectionCounts& counts_;
    WorkPool& pool_;
    HeldTotal& held_;
    BufferPool buffers_;
    Gzip gzip_;
    DateText date_;
    uint64_t id_state_;
    bool stopping_ = false;
    bool sweeping_ = false;
    Connections connections_;
    std::map<uint64_t, Connection*> refused_;  // of these, those above the cap, by number
    std::chrono::milliseconds sweep_interval_;
    // Destroyed before everything above: its pending work holds the connections.
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<Executor> work_;
    Timer sweep_timer_;
    std::thread thread_;
};

}  // namespace snapgate::net
