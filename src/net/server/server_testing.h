#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "net/server/raw_connection_testing.h"
#include "net/server/server.h"

namespace snapgate::net {

// For tests: a server on a free port of loopback whose handler answers by path:
//   /hello   "hello"               /echo     the request's body, read whole (at most 1 MiB)
//   /size/N  N bytes               /count    the size of the body, read piece by piece
//   /ignore  "ignored", body unread    /throw    throws       /304, /204  that status
//   /seen    method, target and the headers as the handler sees them
class TestServer {
  public:
    explicit TestServer(ServerOptions options = {}) {
        options.port = 0;
        if (options.threads == 0) options.threads = 2;
        ServerHooks hooks;
        hooks.handler = [this](Request& request, Response& response) {
            return custom ? custom(request, response) : answer(request, response);
        };
        hooks.refuse = [](const Refusal& refusal, std::string_view id, Response& response) {
            response.content_type = "application/json";
            response.body.append("{\"refused\":\"");
            response.body.append(refusal.message).append("\",\"ref\":\"").append(id).append("\"}");
        };
        hooks.served = [this](const Served& served) {
            const base::MutexLock lock(mutex_);
            served_.push_back({std::string(served.request.path), served.status,
                               std::string(served.route), served.bytes});
        };
        auto started = Server::start(options, std::move(hooks));
        if (started) {
            server_ = std::move(*started);
        } else {
            ADD_FAILURE() << started.error().message;
        }
    }
    // Handlers use members of this: they end first.
    ~TestServer() {
        if (server_) server_->stop();
    }

    Server& operator*() { return *server_; }
    Server* operator->() { return server_.get(); }
    uint16_t port() const { return server_->port(); }

    struct Line {
        std::string path;
        unsigned status = 0;
        std::string route;
        size_t bytes = 0;
    };
    std::vector<Line> served() const {
        const base::MutexLock lock(mutex_);
        return served_;
    }

    // Set before the first request: answers instead.
    Handler custom;

  private:
    static Awaitable<void> answer(Request& request, Response& response) {
        response.content_type = "text/plain";
        response.route = "test";
        const std::string path(request.path);
        if (path == "/hello") {
            response.body.append("hello");
        } else if (path.starts_with("/size/")) {
            response.body.append(std::stoul(path.substr(6)), 'x');
        } else if (path == "/echo") {
            auto body = co_await request.body->read_all(1 << 20);
            if (body) {
                response.body.append(*body);
            } else {
                fail(body.error(), response);
            }
        } else if (path == "/count" || path == "/count-in-a-second") {
            const std::chrono::seconds idle(path == "/count" ? 30 : 1);
            size_t total = 0;
            while (true) {
                auto piece = co_await request.body->read_some(idle);
                if (!piece) {
                    fail(piece.error(), response);
                    co_return;
                }
                if (piece->empty()) break;
                total += piece->size();
            }
            response.body.append(std::to_string(total));
        } else if (path == "/ignore") {
            response.body.append("ignored");
        } else if (path == "/throw") {
            response.body.append("half an answer");
            throw std::runtime_error("thrown by a test");
        } else if (path == "/304" || path == "/204") {
            response.status = path == "/304" ? 304 : 204;
            response.body.append("must not be sent");
        } else if (path == "/seen" || request.target == "*") {
            response.body.append(request.method).append(" ").append(request.target).append("\n");
            for (const Header& one : request.headers) {
                response.body.append(one.name).append("=").append(one.value).append("\n");
            }
        } else {
            response.status = 404;
        }
    }

    static void fail(const base::Error& error, Response& response) {
        response.status = error.code == base::Code::kTooLarge  ? 413
                          : error.code == base::Code::kTimeout ? 408
                                                               : 400;
        response.body.append(error.message);
    }

    mutable base::Mutex mutex_;
    std::vector<Line> served_ SNAPGATE_GUARDED_BY(mutex_);
    std::unique_ptr<Server> server_;
};

}  // namespace snapgate::net
