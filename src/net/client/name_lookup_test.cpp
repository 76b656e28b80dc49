#include "net/client/name_lookup.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/await.h"
#include "net/client/outbound_link.h"
#include "net/client/outbound_testing.h"
#include "net/server/server_testing.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end,
// or to that of their loop, within the function that holds the lambda.

namespace snapgate::net {
namespace {

using base::Code;
using boost::asio::ip::make_address;
using std::chrono::milliseconds;

// A name server that answers nobody until it is let go.
class DeadNameServer {
  public:
    // Whoever is let go keeps what it waits on.
    Resolve resolve() const {
        return [gate = gate_](const std::string&) {
            gate.wait();
            FoundAddresses found;
            found.addresses.push_back(make_address("127.0.0.1"));
            return found;
        };
    }
    ~DeadNameServer() { let_go(); }
    DeadNameServer() = default;
    DeadNameServer(const DeadNameServer&) = delete;
    DeadNameServer& operator=(const DeadNameServer&) = delete;
    void let_go() {
        if (!std::exchange(open_, true)) answer_.set_value();
    }

  private:
    std::promise<void> answer_;
    std::shared_future<void> gate_ = answer_.get_future().share();
    bool open_ = false;
};

std::shared_ptr<const OutboundTarget> checked(const std::string& url) {
    return target_for({.server = url});
}

// Threads that were let go may need a moment to end.
void wait_for_all_to_end() {
    for (int i = 0; i < 60'000 && NameLookup::under_way() > 0; ++i) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(NameLookup::under_way(), 0);
}

TEST(NameLookup, FindsWhatTheSystemKnows) {
    run_coroutine([]() -> Awaitable<void> {
        auto lookup = NameLookup::start(co_await boost::asio::this_coro::executor, "localhost");
        EXPECT_TRUE(lookup);
        const bool ended = co_await (*lookup)->wait();
        EXPECT_TRUE(ended);
        const FoundAddresses found = (*lookup)->take();
        EXPECT_FALSE(found.addresses.empty());
        for (const auto& one : found.addresses) EXPECT_TRUE(one.is_loopback());
    });
    const FoundAddresses unknown = resolve_by_system("no-such-host.invalid");
    EXPECT_TRUE(unknown.addresses.empty());
    EXPECT_NE(unknown.fault, "");
}

TEST(NameLookup, IsLimitedAtOnce) {
    boost::asio::io_context context;
    wait_for_all_to_end();
    DeadNameServer dead;
    std::vector<std::unique_ptr<NameLookup>> all;
    for (int i = 0; i < NameLookup::kMaxAtOnce; ++i) {
        auto one = NameLookup::start(context.get_executor(), "a", dead.resolve());
        ASSERT_TRUE(one) << one.error().message;
        all.push_back(std::move(*one));
    }
    const auto refused = NameLookup::start(context.get_executor(), "a", dead.resolve());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kUnavailable);
    EXPECT_NE(refused.error().message.find("64 other lookups"), std::string::npos);
    // Whoever is not waited for holds its place until it ends.
    all.clear();
    EXPECT_FALSE(NameLookup::start(context.get_executor(), "a", dead.resolve()));
    const auto target = checked("http://some-name:80");
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        EXPECT_FALSE(connection);
        EXPECT_EQ(connection.error().subject, outbound_reason::kNameNotFound);
    });
    dead.let_go();
    wait_for_all_to_end();
}

TEST(OutboundLookup, TriesOneAddressAfterTheOther) {
    TestServer server;
    const auto target = checked("http://some-name:" + std::to_string(server.port()));
    const auto connect = [&](const std::vector<std::string>& addresses) {
        std::string reason = "connected";
        run_coroutine([&]() -> Awaitable<void> {
            OutboundLink link(co_await boost::asio::this_coro::executor, target, nullptr,
                              [&](const std::string& host) {
                                  EXPECT_EQ(host, "some-name");
                                  FoundAddresses found;
                                  for (const auto& one : addresses)
                                      found.addresses.push_back(make_address(one));
                                  return found;
                              });
            auto done = co_await link.connect(std::chrono::steady_clock::now() + kPatience);
            if (!done) reason = done.error().subject;
        });
        return reason;
    };
    EXPECT_EQ(connect({"127.0.0.1"}), "connected");
    EXPECT_EQ(connect({"127.0.0.2", "224.0.0.1", "127.0.0.1"}), "connected");
    EXPECT_EQ(connect({"224.0.0.1", "127.0.0.2"}), outbound_reason::kRefused);
    EXPECT_EQ(connect({"127.0.0.2", "224.0.0.1"}), outbound_reason::kRefused);
    EXPECT_EQ(connect({"224.0.0.1"}), outbound_reason::kUnreachable);
    EXPECT_EQ(connect({}), outbound_reason::kNameNotFound);
}

TEST(OutboundLookup, IsGivenUpInTime) {
    DeadNameServer dead;
    const auto target = checked("http://some-name:80");
    run_coroutine([&]() -> Awaitable<void> {
        OutboundLink link(co_await boost::asio::this_coro::executor, target, nullptr,
                          dead.resolve());
        auto done = co_await link.connect(std::chrono::steady_clock::now() + milliseconds(20));
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code, Code::kTimeout);
        EXPECT_EQ(done.error().subject, outbound_reason::kNameNotFound);
    });
}

TEST(OutboundLookup, IsCut) {
    DeadNameServer dead;
    const auto target = checked("http://some-name:80");
    OutboundBreaker breaker;
    run_coroutine([&]() -> Awaitable<void> {
        const Executor executor = co_await boost::asio::this_coro::executor;
        boost::asio::post(executor, [&] { breaker.cut(); });
        OutboundLink link(executor, target, &breaker, dead.resolve());
        auto done = co_await link.connect(std::chrono::steady_clock::now() + kPatience);
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code, Code::kUnavailable);
        EXPECT_EQ(done.error().subject, outbound_reason::kReset);
    });
}

TEST(OutboundLookup, OutlivesItsLoop) {
    DeadNameServer dead;
    const auto target = checked("http://some-name:80");
    {
        boost::asio::io_context context{1};
        const auto connect = [&]() -> Awaitable<void> {
            OutboundLink link(co_await boost::asio::this_coro::executor, target, nullptr,
                              dead.resolve());
            auto done = co_await link.connect(std::chrono::steady_clock::now() + kPatience);
            ADD_FAILURE() << "ended: " << done.has_value();
        };
        boost::asio::co_spawn(context, connect, [](const std::exception_ptr&) {});
        context.poll();
    }
    dead.let_go();
    wait_for_all_to_end();
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
