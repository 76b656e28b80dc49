#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/awaitable.h"
#include "net/server/held_bytes.h"
#include "net/server/request_body.h"
#include "net/server/response_stream.h"

namespace snapgate::net {

struct Header {
    std::string_view name;
    std::string_view value;
};

// A request whose framing was checked (framing_guard.h). Views are good while the handler runs.
struct Request {
    std::string_view method;
    std::string_view target;      // as sent: path and query
    std::string_view path;        // not decoded
    std::string_view query;       // not decoded, without '?'
    std::vector<Header> headers;  // in order, names as sent
    std::string id;               // the caller's X-Request-Id if it is sane, else a fresh one
    std::string peer;             // address and port
    bool tls = false;
    RequestBody* body = nullptr;
    HeldBytes* held = nullptr;  // what it and its answer hold

    // The first header of that name (any case); nullopt if there is none.
    std::optional<std::string_view> header(std::string_view name) const;
    // How many there are of that name.
    size_t header_count(std::string_view name) const;
};

// A response, written by the server in one piece once the handler returns. The buffer belongs to
// the server and is used again: append the body to `body`.
class Response {
  public:
    unsigned status = 200;
    std::string_view content_type = "application/json";  // static text; "" for no body
    std::string headers;  // further lines, each ended by CRLF; see add_header
    std::string& body;
    std::string_view route = "other";  // static text: the label in metrics and the access log
    std::string_view code;             // static text: the error's code, for the log
    std::string key;                   // the id of the caller's key, for the log; no secret
    bool close = false;                // end the connection after this response
    bool compress = true;  // false: leave the body as it is, even if the client takes gzip
    // Makes what is sent of the body, where that may take long: called once the handler has
    // returned, for a large body on another thread. Refers to nothing of the handler's. The body
    // itself must be good, too: it is sent if the request may hold no more (held_bytes.h).
    std::function<std::string(const std::string& body)> finish;
    ResponseStream* stream = nullptr;  // the server's; to answer in pieces instead

    explicit Response(std::string& buffer) : body(buffer) {}
    // `value` must hold no CR or LF; those are cut out.
    void add_header(std::string_view name, std::string_view value);
};

// Answers a request. Must not throw; if it does, the client gets a bare 500 and it is logged.
using Handler = std::function<Awaitable<void>(Request&, Response&)>;

}  // namespace snapgate::net
