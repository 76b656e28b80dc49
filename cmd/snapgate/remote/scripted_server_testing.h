#pragma once

#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/client/fake_server_testing.h"

namespace snapgate::cli {

// What a ScriptedServer sends for one request.
struct Scripted {
    std::string bytes;
    bool ends_connection = false;
};

inline Scripted answer(unsigned status, std::string_view body) {
    return {fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body),
            false};
}

// The same in chunks of a few bytes.
inline Scripted answer_in_chunks(unsigned status, std::string_view body, size_t chunk_bytes) {
    std::string bytes = fmt::format("HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n\r\n", status);
    for (size_t at = 0; at < body.size(); at += chunk_bytes) {
        const std::string_view chunk = body.substr(at, chunk_bytes);
        bytes += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    return {bytes + "0\r\n\r\n", false};
}

// The beginning of a chunked answer that does not end; with `cut` the connection does.
inline Scripted open_answer(std::string_view body, bool cut) {
    return {fmt::format("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
                        body.size(), body),
            cut};
}

// For tests: answers the requests that come, over any number of connections, from a list, in order.
// What comes after its end has its connection closed. The client must be gone before the server.
class ScriptedServer {
  public:
    explicit ScriptedServer(std::vector<Scripted> answers)
        : answers_(std::move(answers)),
          server_([this](net::FakeServer::Peer& peer, int) { serve(peer); }) {}

    std::string url() const { return server_.url(); }
    // The heads of the requests so far.
    std::vector<std::string> heads() const {
        const std::lock_guard lock(mutex_);
        return heads_;
    }

  private:
    void serve(net::FakeServer::Peer& peer) {
        while (true) {
            std::string head = peer.read_head();
            if (head.empty()) return;
            size_t number = 0;
            {
                const std::lock_guard lock(mutex_);
                number = heads_.size();
                heads_.push_back(std::move(head));
            }
            if (number >= answers_.size()) return;
            peer.send(answers_[number].bytes);
            if (answers_[number].ends_connection) return;
        }
    }

    std::vector<Scripted> answers_;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    net::FakeServer server_;
};

}  // namespace snapgate::cli
