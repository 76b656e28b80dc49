#pragma once

#include <string>
#include <string_view>

#include "net/http/byte_window.h"
#include "net/http/framing_guard.h"
#include "net/http/http.h"
#include "net/server/held_bytes.h"
#include "net/server/request_body.h"
#include "net/server/response_stream.h"
#include "net/server/server.h"
#include "net/server/worker.h"
#include "net/transport.h"

namespace snapgate::net {

// One client's connection from its first byte to its end: reads requests, runs the handler, writes
// responses, in order. Lives in the frame of its own coroutine, on its worker's thread; the worker
// outlives it.
class Connection {
  public:
    Connection(Worker& worker, Socket socket, const Entrant& entrant);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Awaitable<void> run();

    // By the worker:
    void expire_if_due(Transport::Clock::time_point now);
    void begin_stop();
    void cut();
    // Ends a wait on a stream without resuming it, and this connection with it.
    void abandon();

  private:
    enum class Next { kRequest, kEnd, kRefused };

    Awaitable<bool> greet();
    Awaitable<Next> await_request();
    Awaitable<Next> read_head();
    Awaitable<size_t> read_more();
    // Both: false if the connection ends.
    Awaitable<bool> serve_one();
    Awaitable<bool> answer();
    Awaitable<void> run_handler(Response& response);
    // False if there is no memory.
    Awaitable<bool> compress(std::string_view body, std::string& out);
    Awaitable<bool> respond(Response& response, bool keep);
    Awaitable<void> refuse(unsigned status, std::string_view message);
    void begin_request();
    bool refused() const { return entrant_.admission == Admission::kRefuse; }
    bool asks_for_health() const;
    void report(const Response& response, size_t bytes);

    Worker& worker_;
    const Entrant entrant_;
    Worker::Connections::iterator place_;
    Transport transport_;
    HeadScanner scanner_;
    ByteWindow input_;
    Head head_;
    size_t head_size_ = 0;
    HeldBytes held_;  // by the request that is being answered
    Request request_;
    RequestBody body_;
    std::string response_head_;
    ResponseStream* stream_ = nullptr;  // of the request that is being answered
    std::string received_;              // during its stream
    Transport::Clock::time_point request_started_;
    bool idle_ = true;        // between requests: a stop may end it
    bool fresh_ = true;       // no request has come yet
    bool finishing_ = false;  // all is written; only the end is left
    bool unread_ = false;     // the client may have sent more than we read: end it gently
};

}  // namespace snapgate::net
