#include "connect/renewed_source.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "connect/source_testing.h"

namespace snapgate::connect {
namespace {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::steady_clock;

RenewedConnection named(const std::string& token, steady_clock::time_point until) {
    RenewedConnection renewed;
    renewed.connection.server = "https://edge";
    renewed.connection.token = token;
    renewed.good_until = until;
    return renewed;
}

std::string token_of(ConnectionSource& source) {
    auto given = current(source);
    return given ? (*given)->token : given.error().message;
}

TEST(RenewedSource, KeepsWhatIsGood) {
    int renewed = 0;
    RenewedConnectionSource source(nullptr, [&](bool, const std::atomic<bool>&) {
        return Result<RenewedConnection>(
            named("t" + std::to_string(++renewed), steady_clock::time_point::max()));
    });
    EXPECT_EQ(token_of(source), "t1");
    EXPECT_EQ(token_of(source), "t1");
    EXPECT_TRUE(source.refused());
    EXPECT_EQ(token_of(source), "t2");
    EXPECT_EQ(token_of(source), "t2");
}

TEST(RenewedSource, RenewsWhatIsNotGoodAnyMore) {
    int renewed = 0;
    RenewedConnectionSource source(nullptr, [&](bool refused, const std::atomic<bool>&) {
        EXPECT_FALSE(refused);
        return Result<RenewedConnection>(
            named("t" + std::to_string(++renewed), steady_clock::time_point::min()));
    });
    EXPECT_EQ(token_of(source), "t1");
    EXPECT_EQ(token_of(source), "t2");
}

TEST(RenewedSource, AFailureKeepsTheLastUnlessItWasRefused) {
    int renewed = 0;
    RenewedConnectionSource source(
        nullptr, [&](bool, const std::atomic<bool>&) -> Result<RenewedConnection> {
            if (++renewed == 1) return named("first", steady_clock::time_point::min());
            return Error(Code::kUnauthorized, "cannot be read");
        });
    EXPECT_EQ(token_of(source), "first");
    EXPECT_EQ(token_of(source), "first");
    EXPECT_EQ(renewed, 2);
    EXPECT_EQ(token_of(source), "first");
    EXPECT_EQ(renewed, 2);  // not at once again
    source.refused();
    EXPECT_EQ(token_of(source), "cannot be read");
}

TEST(RenewedSource, ARenewalIsStoppedWithIt) {
    std::atomic<bool> began = false;
    std::atomic<bool> stopped = false;
    {
        boost::asio::io_context context;
        RenewedConnectionSource source(
            nullptr, [&](bool, const std::atomic<bool>& stop) -> Result<RenewedConnection> {
                began = true;
                while (!stop) std::this_thread::yield();
                stopped = true;
                return Error(Code::kUnauthorized, "stopped");
            });
        std::optional<GivenConnection> never;
        boost::asio::co_spawn(context.get_executor(), ask(source, never),
                              [](const std::exception_ptr&) {});
        context.poll();
        while (!began) std::this_thread::yield();
        EXPECT_FALSE(never);
    }
    EXPECT_TRUE(stopped);
}

TEST(RenewedSource, WhoWaitsWhenItStopsIsAnswered) {
    std::atomic<bool> began = false;
    RenewedConnectionSource source(
        nullptr, [&](bool, const std::atomic<bool>& stop) -> Result<RenewedConnection> {
            began = true;
            while (!stop) std::this_thread::yield();
            return Error(Code::kUnauthorized, "stopped");
        });
    std::thread stopper([&] {
        while (!began) std::this_thread::yield();
        source.stop();
    });
    EXPECT_EQ(token_of(source), "stopped");
    stopper.join();
    EXPECT_EQ(current(source).error().code, Code::kUnavailable);
}

TEST(RenewedSource, WhoGivesUpIsToldForWhatAndWhoAsksLaterGetsIt) {
    std::atomic<bool> go = false;
    const auto step = std::make_shared<RenewalStep>();
    RenewedConnectionSource source(
        nullptr,
        [&](bool, const std::atomic<bool>&) -> Result<RenewedConnection> {
            step->set("the program /bin/slow");
            while (!go) std::this_thread::yield();
            return named("late", steady_clock::time_point::max());
        },
        step, std::chrono::milliseconds(20));
    const auto given = current(source);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, Code::kUnauthorized);
    EXPECT_EQ(given.error().subject, "CredentialsTimeout");
    EXPECT_NE(given.error().message.find("the program /bin/slow"), std::string::npos)
        << given.error().message;
    go = true;
    while (token_of(source) != "late") std::this_thread::yield();
}

TEST(RenewedSource, WhatIsGoodStaysInUseWhileARenewalHangs) {
    std::atomic<bool> go = true;
    RenewedConnectionSource source(
        nullptr,
        [&](bool, const std::atomic<bool>& stop) -> Result<RenewedConnection> {
            while (!go && !stop) std::this_thread::yield();
            return named("good", steady_clock::time_point::min());
        },
        nullptr, std::chrono::milliseconds(20));
    // A machine may be so slow that the first takes longer, too.
    while (token_of(source) != "good") std::this_thread::yield();
    go = false;
    EXPECT_EQ(token_of(source), "good");
    source.refused();
    EXPECT_EQ(current(source).error().subject, "CredentialsTimeout");
}

}  // namespace
}  // namespace snapgate::connect
