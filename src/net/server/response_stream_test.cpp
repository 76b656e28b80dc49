// Responses in pieces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "net/http/chunked_body.h"
#include "net/server/aside.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using base::Code;
using base::Result;
using testing::HasSubstr;
using testing::Not;

// The body of a chunked answer's bytes, and what came behind it; nullopt if it is cut off or
// broken.
struct Unchunked {
    std::string body;
    std::string rest;
};
std::optional<Unchunked> unchunk(std::string_view bytes) {
    ChunkedBody chunks;
    Unchunked out;
    while (chunks.state() == ChunkedBody::State::kReading) {
        const ChunkedBody::Step step = chunks.next(bytes);
        out.body.append(step.piece);
        bytes.remove_prefix(step.consumed);
        if (step.consumed == 0 && step.piece.empty() &&
            chunks.state() == ChunkedBody::State::kReading)
            return std::nullopt;
    }
    if (chunks.state() == ChunkedBody::State::kBroken) return std::nullopt;
    out.rest = bytes;
    return out;
}

std::string after_head(std::string_view answer) {
    return std::string(answer.substr(answer.find("\r\n\r\n") + 4));
}

// Answers /aside/N with where what is about N bytes is made, /pieces with three pieces, /cut with
// one and an end that is none, /throw with one and an exception, /large/N with N pieces of 64 KiB,
// /first with a piece beside the head, /counted with the same and a length, /beyond with more than
// its length, everything else with "plain".
class ResponseStreamTest : public testing::Test {
  protected:
    static Awaitable<void> answer(ResponseStreamTest* test, Request& request, Response& response) {
        const std::string path(request.path);
        response.content_type = "text/plain";
        response.route = "stream";
        if (path == "/plain") {
            response.body.append("plain");
            co_return;
        }
        if (path.starts_with("/aside/")) {
            const auto mine = std::this_thread::get_id();
            auto make = [] { return std::this_thread::get_id(); };
            const auto maker =
                co_await make_aside(*response.stream, std::stoul(path.substr(7)), std::move(make));
            EXPECT_EQ(std::this_thread::get_id(), mine);
            response.body.append(maker == mine ? "here" : "aside");
            co_return;
        }
        response.add_header("X-Extra", "yes");
        if (path == "/first" || path == "/counted") {
            const auto length = path == "/counted" ? std::optional<uint64_t>(7) : std::nullopt;
            EXPECT_TRUE(co_await response.stream->begin(length, "one "));
            EXPECT_TRUE(co_await response.stream->write("two"));
            co_return;
        }
        if (path == "/beyond") {
            EXPECT_FALSE(co_await response.stream->begin(3, "one "));
            co_return;
        }
        EXPECT_TRUE(co_await response.stream->begin());
        if (path.starts_with("/large/")) {
            const std::string piece(64 << 10, 'x');
            Result<void> written;
            for (int left = std::stoi(path.substr(7)); left > 0 && written; --left) {
                written = co_await response.stream->write(piece);
                if (written) ++test->pieces_;
            }
            if (!written) test->fault_ = static_cast<int>(written.error().code);
            co_return;
        }
        EXPECT_TRUE(co_await response.stream->write("one "));
        if (path == "/throw") throw std::runtime_error("thrown by a test");
        if (path == "/cut") {
            response.close = true;
            co_return;
        }
        EXPECT_TRUE(co_await response.stream->write(""));
        EXPECT_TRUE(co_await response.stream->write("two "));
        EXPECT_TRUE(co_await response.stream->write("three"));
    }

    void start(ServerOptions options = {}) {
        server_.emplace(std::move(options));
        server_->custom = [this](Request& request, Response& response) {
            return answer(this, request, response);
        };
    }

    std::atomic<int> pieces_ = 0;
    std::atomic<int> fault_ = 0;
    std::optional<TestServer> server_;
};

TEST_F(ResponseStreamTest, PiecesAreChunksAndTheConnectionGoesOn) {
    start();
    RawConnection client(server_->port());
    client.send(
        "GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = client.read_to_end();
    EXPECT_THAT(all, HasSubstr("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(all, HasSubstr("\r\nContent-Type: text/plain\r\n"));
    EXPECT_THAT(all, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_THAT(all, HasSubstr("\r\nX-Extra: yes\r\n"));
    EXPECT_THAT(after_head(all),
                testing::StartsWith(
                    "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(all, testing::EndsWith("\r\n\r\nplain"));
    const auto served = server_->served();
    ASSERT_EQ(served.size(), 2U);
    EXPECT_EQ(served[0].bytes, 13U);
    EXPECT_EQ(served[0].status, 200U);
    EXPECT_EQ(served[0].route, "stream");
}

TEST_F(ResponseStreamTest, WhatIsLargeIsMadeAside) {
    start();
    RawConnection client(server_->port());
    client.send(
        "GET /aside/32768 HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /aside/32769 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = client.read_to_end();
    EXPECT_THAT(all, HasSubstr("\r\n\r\nhereHTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(all.ends_with("\r\n\r\naside")) << all;
}

TEST_F(ResponseStreamTest, OldHttpEndsWithTheConnection) {
    start();
    RawConnection client(server_->port());
    client.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    bool closed = false;
    const std::string all = client.read_to_end(&closed);
    EXPECT_TRUE(closed);
    EXPECT_THAT(all, Not(HasSubstr("Transfer-Encoding")));
    EXPECT_THAT(all, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_EQ(after_head(all), "one two three");
}

TEST_F(ResponseStreamTest, HeadGetsTheHeadOnly) {
    start();
    RawConnection client(server_->port());
    client.send("HEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
    auto head = client.read_answer(true);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200U);
    client.send("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    auto next = client.read_answer();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->body, "plain");
}

TEST_F(ResponseStreamTest, APieceBesideTheHeadIsThePartThatItIsElsewhere) {
    start();
    const auto body_of = [this](const std::string& request) {
        RawConnection client(server_->port());
        client.send(request + "\r\nHost: a\r\nConnection: close\r\n\r\n");
        return after_head(client.read_to_end());
    };
    EXPECT_EQ(body_of("GET /first HTTP/1.1"), "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n");
    EXPECT_EQ(body_of("GET /first HTTP/1.0"), "one two");
    EXPECT_EQ(body_of("GET /counted HTTP/1.1"), "one two");
    EXPECT_EQ(body_of("HEAD /first HTTP/1.1"), "");
    EXPECT_EQ(body_of("HEAD /counted HTTP/1.1"), "");
    RawConnection client(server_->port());
    client.send("GET /beyond HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ResponseStreamTest, WhatIsCutOffCannotBeTakenForWhole) {
    start();
    for (const char* path : {"/cut", "/throw"}) {
        RawConnection client(server_->port());
        client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        bool closed = false;
        const std::string all = client.read_to_end(&closed);
        EXPECT_TRUE(closed);
        EXPECT_EQ(after_head(all), "4\r\none \r\n");
    }
    // Without chunks only a reset tells.
    RawConnection client(server_->port());
    client.send("GET /cut HTTP/1.0\r\n\r\n");
    while (client.receive()) {
    }
    EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(ResponseStreamTest, LargeStreamsWaitForTheReader) {
    start();
    RawConnection client(server_->port());
    client.send("GET /large/512 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = client.read_to_end();
    const auto body = unchunk(after_head(all));
    ASSERT_TRUE(body);
    EXPECT_EQ(body->body, std::string(512 * (64 << 10), 'x'));
    EXPECT_EQ(pieces_, 512);
}

TEST_F(ResponseStreamTest, AReaderThatStopsIsCutOff) {
    ServerOptions options;
    options.timeouts.write_stall = std::chrono::milliseconds(100);
    start(options);
    RawConnection client(server_->port());
    client.send("GET /large/100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    while (server_->served().empty()) std::this_thread::yield();
    EXPECT_EQ(fault_, static_cast<int>(Code::kTimeout));
    EXPECT_LT(pieces_, 100'000);
    EXPECT_EQ(server_->served()[0].bytes, static_cast<size_t>(pieces_) * (64 << 10));
}

TEST_F(ResponseStreamTest, AReaderThatGoesAwayIsNoticed) {
    start();
    {
        RawConnection client(server_->port());
        client.send("GET /large/100000 HTTP/1.1\r\nHost: a\r\n\r\n");
        client.receive();
    }
    while (server_->served().empty()) std::this_thread::yield();
    EXPECT_EQ(fault_, static_cast<int>(Code::kUnavailable));
}

}  // namespace
}  // namespace snapgate::net
