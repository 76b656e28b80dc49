// Timeouts, caps and the graceful stop. No test asserts how long something takes: only that it
// ends, and how.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/log.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// Waits until `done`, at most as long as a test may hang.
template <class Done>
bool eventually(Done done) {
    for (int i = 0; i < 3'000; ++i) {
        if (done()) return true;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
}

Awaitable<void> pause_for(milliseconds time) {
    using Timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
    Timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable_t<Executor>{});
}

TEST(ServerTimeouts, EndIdleConnections) {
    ServerOptions options;
    options.timeouts.idle = milliseconds(50);
    TestServer server(options);
    RawConnection silent(server.port());
    RawConnection kept(server.port());
    ASSERT_TRUE(kept.send(kHello));
    EXPECT_EQ(kept.read_answer()->body, "hello");
    for (RawConnection* client : {&silent, &kept}) {
        bool closed = false;
        EXPECT_EQ(client->read_to_end(&closed), "");
        EXPECT_TRUE(closed);
    }
    EXPECT_EQ(server->statistics().connections_slow, 0U);
}

TEST(ServerTimeouts, EndSlowHeads) {
    ServerOptions options;
    options.timeouts.header = milliseconds(100);
    TestServer server(options);
    RawConnection client(server.port());
    // Slowloris: always another byte, never an end.
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: "));
    EXPECT_TRUE(eventually([&] { return !client.send("a") || server.served().size() == 1; }));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408U);
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_EQ(server->statistics().connections_slow, 1U);
}

TEST(ServerTimeouts, EndSlowBodies) {
    ServerOptions options;
    options.timeouts.body = milliseconds(50);
    TestServer server(options);
    RawConnection client(server.port());
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408U);
    EXPECT_EQ(answer->header("Connection"), "close");
    // One byte every now and then is not enough either.
    RawConnection dripping(server.port());
    ASSERT_TRUE(dripping.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"));
    EXPECT_TRUE(eventually([&] {
        dripping.send("a");
        return server.served().size() == 2;
    }));
    EXPECT_EQ(dripping.read_answer()->status, 408U);
    // An unread body that never comes does not hold the connection.
    RawConnection ignored(server.port());
    ASSERT_TRUE(ignored.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
    EXPECT_EQ(ignored.read_answer()->body, "ignored");
    EXPECT_EQ(ignored.read_to_end(), "");
}

TEST(ServerTimeouts, EndStreamedBodiesThatDrip) {
    TestServer server;
    RawConnection dripping(server.port());
    // What came fast before gives no right to drip.
    const std::string fast(60'000, 'x');
    ASSERT_TRUE(dripping.send(
        "POST /count-in-a-second HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + fast));
    EXPECT_TRUE(eventually([&] {
        dripping.send("a");
        return server.served().size() == 1;
    }));
    EXPECT_EQ(dripping.read_answer()->status, 408U);
}

TEST(ServerTimeouts, EndStalledWrites) {
    ServerOptions options;
    options.timeouts.write_stall = milliseconds(100);
    TestServer server(options);
    RawConnection client(server.port());
    ASSERT_TRUE(client.send("GET /size/100000000 HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(eventually([&] {
        return server->statistics().connections_accepted == 1 &&
               server->statistics().connections_open == 0;
    }));
    EXPECT_EQ(server->statistics().connections_slow, 1U);
    EXPECT_FALSE(client.read_answer());
}

TEST(ServerLimits, RefuseLongTargetsAndLargeHeaders) {
    ServerOptions options;
    options.max_target_bytes = 1000;
    options.max_header_bytes = 2000;
    TestServer server(options);
    const auto status = [&server](const std::string& bytes) -> unsigned {
        RawConnection client(server.port());
        client.send(bytes);
        const auto answer = client.read_answer();
        if (!answer) return 0;
        bool closed = false;
        if (answer->status != 200) client.read_to_end(&closed);
        EXPECT_EQ(closed, answer->status != 200);
        return answer->status;
    };
    const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(status("GET /hello?" + std::string(993, 'a') + rest), 200U);
    EXPECT_EQ(status("GET /hello?" + std::string(994, 'a') + rest), 414U);
    EXPECT_EQ(status("GET /" + std::string(100'000, 'a')), 414U);
    const std::string head = "GET /hello HTTP/1.1\r\nHost: a\r\nX: ";
    EXPECT_EQ(status(head + std::string(1986, 'a') + "\r\n\r\n"), 200U);
    EXPECT_EQ(status(head + std::string(1987, 'a') + "\r\n\r\n"), 431U);
    EXPECT_EQ(status(head + std::string(100'000, 'a')), 431U);
}

TEST(ServerLimits, DefaultsTakeWhatTheySay) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send("GET /hello?" + std::string((64 << 10) - 7, 'a') +
                            " HTTP/1.1\r\nHost: a\r\nX: " + std::string((80 << 10) - 14, 'a') +
                            "\r\n\r\n"));
    EXPECT_EQ(client.read_answer()->status, 200U);
}

TEST(ServerLimits, RefuseConnectionsAboveTheCap) {
    ServerOptions options;
    options.max_connections = 2;
    TestServer server(options);
    RawConnection first(server.port());
    auto second = std::make_unique<RawConnection>(server.port());
    for (RawConnection* client : {&first, second.get()}) {
        ASSERT_TRUE(client->send(kHello));
        EXPECT_EQ(client->read_answer()->status, 200U);
    }
    {
        RawConnection third(server.port());
        ASSERT_TRUE(third.send(kHello));
        const auto answer = third.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 503U);
        EXPECT_TRUE(answer->header("Retry-After"));
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_NE(answer->body.find("refused"), std::string::npos);
        RawConnection tls(server.port());
        ASSERT_TRUE(tls.send("\x16\x03\x01"));
        EXPECT_EQ(tls.read_to_end(), "");
    }
    EXPECT_EQ(server->statistics().connections_refused, 2U);
    EXPECT_EQ(server->statistics().connections_open, 2U);
    // There is room again once one has left.
    second.reset();
    ASSERT_TRUE(eventually([&] { return server->statistics().connections_open == 1; }));
    RawConnection next(server.port());
    ASSERT_TRUE(next.send(kHello));
    EXPECT_EQ(next.read_answer()->status, 200U);
}

TEST(ServerLimits, HealthIsAnsweredHoweverManyStaySilentAboveTheCap) {
    ServerOptions options;
    options.max_connections = 1;
    options.health_paths = {"/hello"};
    TestServer server(options);
    const RawConnection taken(server.port());
    // As many as have places above the cap, of one peer, and as many again.
    std::vector<std::unique_ptr<RawConnection>> silent;
    for (int i = 0; i < 128; ++i) {
        silent.push_back(std::make_unique<RawConnection>(server.port()));
        // Some have begun a request or a handshake.
        silent.back()->send(i % 3 == 0 ? "" : i % 3 == 1 ? "GET /hel" : "\x16\x03\x01");
        RawConnection probe(server.port());
        ASSERT_TRUE(probe.send(kHello));
        const auto answer = probe.read_answer();
        ASSERT_TRUE(answer) << i;
        EXPECT_EQ(answer->status, 200U);
    }
    EXPECT_EQ(server->statistics().connections_open, 1U);
}

TEST(ServerLimits, SurviveRunningOutOfFiles) {
    TestServer server;
    RawConnection early(server.port());
    ASSERT_TRUE(early.send(kHello));
    EXPECT_EQ(early.read_answer()->status, 200U);
    RawConnection late;
    // UBSan opens a pipe when it sees a virtual call on a class for the first time, which fails
    // below: so here are the calls that the server makes then.
    const std::error_code no_files = std::make_error_code(std::errc::too_many_files_open);
    const boost::system::error_code same(no_files.value(), boost::system::system_category());
    base::log::error("to be expected", {{"error", same.message()}});
    // Takes every file the process may open.
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 256;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    std::vector<int> taken;
    for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0;
         fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) {
        taken.push_back(fd);
    }
    late.connect(server.port());
    ASSERT_TRUE(late.send(kHello));
    // Who is there goes on being served.
    ASSERT_TRUE(early.send(kHello));
    EXPECT_EQ(early.read_answer()->status, 200U);
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
    for (const int fd : taken) close(fd);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(late.read_answer()->status, 200U);
}

TEST(ServerLimits, RaiseTheLimitOfOpenFiles) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(200, before.rlim_max);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    const TestServer server;
    rlimit after{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, after.rlim_max);
}

// How many requests run when the server is stopped, and how long their answers are: more than a
// socket takes at once, and no more than is read in the time that a stop has, under a sanitizer
// too.
constexpr int kRunning = 5;
constexpr size_t kLongBytes = 4'000'000;

// Says when it is the last of those that are waited for.
Awaitable<void> answer_late(std::atomic<int>& running, std::promise<void>& all_running,
                            Response& response) {
    if (++running == kRunning) all_running.set_value();
    co_await pause_for(milliseconds(100));
    response.body.append(kLongBytes, 'x');
}

TEST(ServerStop, FinishesWhatRuns) {
    TestServer server;
    std::atomic<int> running = 0;
    std::promise<void> all_running;
    server.custom = [&](Request&, Response& response) {
        return answer_late(running, all_running, response);
    };
    std::vector<std::unique_ptr<RawConnection>> clients;
    for (int i = 0; i < kRunning; ++i) {
        clients.push_back(std::make_unique<RawConnection>(server.port()));
        ASSERT_TRUE(clients.back()->send(kHello));
    }
    RawConnection idle(server.port());
    all_running.get_future().wait();
    std::thread stopper([&server] { server->stop(); });
    for (const auto& client : clients) {
        const auto answer = client->read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body.size(), kLongBytes);
        EXPECT_EQ(answer->header("Connection"), "close");
    }
    EXPECT_EQ(idle.read_to_end(), "");
    stopper.join();
    EXPECT_FALSE(RawConnection(server.port()).connected());
    EXPECT_EQ(server->statistics().connections_open, 0U);
}

TEST(ServerStop, UnderLoadCutsNothingOff) {
    for (int round = 0; round < 5; ++round) {
        TestServer server;
        std::atomic<int> answered = 0;
        std::atomic<int> cut_off = 0;
        std::vector<std::thread> clients;
        clients.reserve(8);
        for (int i = 0; i < 8; ++i) {
            clients.emplace_back([&] {
                while (true) {
                    RawConnection client(server.port());
                    if (!client.connected()) return;
                    for (int request = 0; request < 10; ++request) {
                        if (!client.send("GET /size/100000 HTTP/1.1\r\nHost: a\r\n\r\n")) break;
                        if (client.read_answer()) {
                            ++answered;
                        } else {
                            // Nothing at all is a connection that ended between two requests.
                            if (!client.read_to_end().empty()) ++cut_off;
                            break;
                        }
                    }
                }
            });
        }
        EXPECT_TRUE(eventually([&] { return answered > 100; }));
        server->stop();
        for (std::thread& client : clients) client.join();
        EXPECT_EQ(cut_off, 0);
    }
}

// Does not end by itself: reads a body that does not come, waits, or writes what nobody reads.
Awaitable<void> answer_never(std::atomic<int>& running, Request& request, Response& response) {
    ++running;
    if (request.path == "/upload") {
        const auto body = co_await request.body->read_all(1'000'000);
        EXPECT_FALSE(body);
    } else if (request.path == "/stuck") {
        co_await pause_for(std::chrono::hours(1));
    }
    response.body.append(200'000'000, 'x');
}

TEST(ServerStop, CutsWhatDoesNotEnd) {
    ServerOptions options;
    options.timeouts.shutdown = milliseconds(50);
    TestServer server(options);
    std::atomic<int> running = 0;
    server.custom = [&](Request& request, Response& response) {
        return answer_never(running, request, response);
    };
    RawConnection upload(server.port());
    ASSERT_TRUE(upload.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"));
    RawConnection stuck(server.port());
    ASSERT_TRUE(stuck.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n"));
    RawConnection unread(server.port());
    ASSERT_TRUE(unread.send("GET /unread HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return running == 3; }));
    server->stop();
    EXPECT_FALSE(upload.read_answer());
    EXPECT_FALSE(stuck.read_answer());
    EXPECT_FALSE(unread.read_answer());
    // Once more does nothing.
    server->stop();
}

}  // namespace
}  // namespace snapgate::net
