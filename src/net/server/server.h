#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/client/network.h"
#include "net/http/http.h"
#include "net/tls/tls.h"

namespace snapgate::net {

struct Timeouts {
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds header{10'000};
    std::chrono::milliseconds body{30'000};
    std::chrono::milliseconds idle{75'000};
    std::chrono::milliseconds write_stall{30'000};
    std::chrono::milliseconds shutdown{10'000};
};

// What happened to one request, for metrics and the access log. A key in its path has no secret
// any more (key_secret.h).
struct Served {
    const Request& request;
    unsigned status = 0;
    std::string_view route;
    std::string_view code;
    std::string_view key;  // the id of the caller's key; if it was refused, what it claimed to be
    size_t bytes = 0;      // of the body sent
    std::chrono::nanoseconds duration{};
};

// Refusals made by the server itself, before a handler sees the request (broken framing, limits,
// plain HTTP where TLS is required, too many connections): the handler of the protocol renders
// them.
struct Refusal {
    unsigned status = 400;     // 400, 408, 413, 414, 431, 503
    std::string_view message;  // what was wrong, and what to do
};

// A whole answer is compressed up to this: more would hold the thread up for too long.
inline constexpr size_t kMostCompressedBytes = 2 << 20;

struct ServerOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 8080;  // 0: a free one; see Server::port
    unsigned threads = 0;  // 0: one a core
    size_t max_connections = 20'000;
    // Of these, connections of one peer (peer_network.h); 0: no bound. Does not hold for those who
    // come through `trusted_proxies`.
    size_t peer_connections = 0;
    std::vector<Network> trusted_proxies;
    // The bytes that requests may hold at a time, of bodies and answers (held_bytes.h).
    uint64_t held_bytes = 1ULL << 30;
    // Paths that are answered also above the cap, from places of their own.
    std::vector<std::string> health_paths;
    size_t max_target_bytes = 64 << 10;
    size_t max_header_bytes = 80 << 10;  // of all header lines, beside the request line
    size_t gzip_min_bytes = 2 << 10;
    size_t gzip_max_bytes = kMostCompressedBytes;
    Timeouts timeouts;
    std::shared_ptr<TlsContexts> tls;  // null: plain only
    bool plain = true;  // false: a plain connection is answered with a 400 that says to use https
};

struct ServerHooks {
    Handler handler;
    // Fills the body of a refusal (and may set content_type); called on the connection's thread.
    std::function<void(const Refusal&, std::string_view request_id, Response&)> refuse;
    std::function<void(const Served&)> served;  // after each answer; any of the server's threads
};

struct ServerStatistics {
    uint64_t connections_open = 0;
    uint64_t connections_accepted = 0;
    uint64_t connections_refused = 0;
    // That were ended because the client was too slow at its handshake, at sending a request, or at
    // taking an answer; not those that were idle.
    uint64_t connections_slow = 0;
    uint64_t held_bytes = 0;       // by requests, of bodies and answers
    uint64_t held_bytes_most = 0;  // that they may hold
    // Requests refused because all of them, or those of their key, would hold too much.
    uint64_t held_refused = 0;
    uint64_t held_refused_of_keys = 0;
};

// The HTTP/1.1 server: plain and TLS on one port, one io_context a thread, one acceptor that deals
// connections out. start() binds and starts its threads; stop() ends gracefully: no new
// connections, idle ones closed, running requests finished (at most timeouts.shutdown), threads
// joined. Both are called from one thread; statistics() from any. A handler that still waits then
// is dropped with the Server: so stop() first, then end what handlers wait for, then destroy the
// Server.
class Server {
  public:
    // kUnavailable if the port is taken, kInvalidParameter if the address is none of this machine;
    // the message says so.
    static base::Result<std::unique_ptr<Server>> start(ServerOptions options, ServerHooks hooks);
    ~Server();  // as stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void stop();
    uint16_t port() const;
    std::string address() const;
    ServerStatistics statistics() const;
    // Has every thread's loop run `task` once, between what its connections do; returns the number
    // of loops. Any thread, before stop().
    size_t post_to_all(const std::function<void()>& task) const;

  private:
    class State;
    explicit Server(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace snapgate::net
