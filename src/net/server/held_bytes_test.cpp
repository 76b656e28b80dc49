#include "net/server/held_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/environment_testing.h"
#include "net/await.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using base::Code;

constexpr uint64_t kFree = HeldBytes::kNeverRefused;

TEST(HeldBytesTest, CountInTheTotalAndForTheKey) {
    HeldTotal total(10 * kFree);
    const auto key = std::make_shared<ByteBudget>(3 * kFree);
    {
        HeldBytes first(total);
        ASSERT_TRUE(first.hold_body(kFree));
        first.count_for(key);
        EXPECT_EQ(key->held(), kFree);
        const auto more = first.hold_answer(2 * kFree + 1);
        ASSERT_FALSE(more);
        EXPECT_EQ(more.error().code, Code::kTooManyRequests);
        EXPECT_EQ(first.held(), kFree);
        EXPECT_EQ(total.refused_of_key, 1U);
        EXPECT_EQ(total.refused, 0U);
        ASSERT_TRUE(first.hold_answer(2 * kFree));
        EXPECT_EQ(total.bytes.held(), 3 * kFree);
        ASSERT_TRUE(first.hold_answer(kFree)) << "an answer may become smaller";
        EXPECT_EQ(total.bytes.held(), 2 * kFree);
        EXPECT_EQ(key->held(), 2 * kFree);
    }
    EXPECT_EQ(total.bytes.held(), 0U);
    EXPECT_EQ(key->held(), 0U);
}

TEST(HeldBytesTest, WhatTheTotalRefusesIsNotHeldForTheKey) {
    HeldTotal total(2 * kFree);
    const auto key = std::make_shared<ByteBudget>(10 * kFree);
    HeldBytes held(total);
    held.count_for(key);
    const auto refused = held.hold_answer(3 * kFree);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kBusy);
    EXPECT_EQ(key->held(), 0U);
    EXPECT_EQ(total.bytes.held(), 0U);
    EXPECT_EQ(total.refused, 1U);
}

TEST(HeldBytesTest, APieceOfAStreamIsHeldWhileItIsWritten) {
    HeldTotal total(2 * kFree);
    HeldBytes held(total);
    ASSERT_TRUE(held.hold_piece(HeldBytes::kCountedPiece - 1));
    EXPECT_EQ(total.bytes.held(), 0U) << "what is small costs nothing";
    held.give_piece();
    ASSERT_TRUE(held.hold_piece(2 * kFree));
    EXPECT_EQ(total.bytes.held(), 2 * kFree);
    held.give_piece();
    EXPECT_EQ(total.bytes.held(), 0U);
    const auto refused = held.hold_piece(2 * kFree + 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kBusy);
    EXPECT_EQ(total.bytes.held(), 0U);
}

TEST(HeldBytesTest, WhatIsSmallIsNeverRefused) {
    HeldTotal total(2 * kFree);
    const auto key = std::make_shared<ByteBudget>(kFree);
    HeldBytes large(total);
    ASSERT_TRUE(large.hold_answer(2 * kFree));
    HeldBytes small(total);
    small.count_for(key);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(small.hold_body(kFree / 4));
    EXPECT_TRUE(small.hold_answer(kFree / 2));
    EXPECT_EQ(total.bytes.held(), 3 * kFree) << "it is counted";
    EXPECT_FALSE(small.hold_answer(kFree / 2 + 1));
    small.hold_answer_anyway(5 * kFree);
    EXPECT_EQ(key->held(), 5 * kFree + kFree / 2);
}

// Many requests of some keys, in any order, against a simple model.
TEST(HeldBytesTest, ARandomHistoryLosesNothing) {
    const uint64_t seed = base::environment_number("SNAPGATE_SEED", std::random_device()());
    SCOPED_TRACE("run again with SNAPGATE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](uint64_t end) { return random() % end; };
    struct Modelled {
        std::unique_ptr<HeldBytes> held;
        size_t key = 0;
        uint64_t body = 0;
        uint64_t answer = 0;
    };
    HeldTotal total(40 * kFree);
    std::vector<std::shared_ptr<ByteBudget>> keys;
    keys.reserve(3);
    for (int i = 0; i < 3; ++i)
        keys.push_back(std::make_shared<ByteBudget>((10 + 5 * static_cast<uint64_t>(i)) * kFree));
    std::vector<Modelled> requests;
    size_t refusals = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (requests.size() < 30 && below(3) == 0) {
            requests.push_back({std::make_unique<HeldBytes>(total), below(keys.size()), 0, 0});
            requests.back().held->count_for(keys[requests.back().key]);
        } else if (!requests.empty()) {
            const auto place = requests.begin() + static_cast<ptrdiff_t>(below(requests.size()));
            const uint64_t size = below(5 * kFree);
            switch (below(4)) {
                case 0:
                    if (place->held->hold_body(size)) {
                        place->body += size;
                    } else {
                        ++refusals;
                    }
                    break;
                case 1:
                    if (place->held->hold_answer(size)) {
                        place->answer = size;
                    } else {
                        ++refusals;
                    }
                    break;
                case 2:
                    place->held->hold_answer_anyway(size);
                    place->answer = size;
                    break;
                default:
                    requests.erase(place);
            }
        }
        std::vector<uint64_t> of_key(keys.size());
        uint64_t sum = 0;
        for (const Modelled& one : requests) {
            of_key[one.key] += one.body + one.answer;
            sum += one.body + one.answer;
        }
        ASSERT_EQ(total.bytes.held(), sum) << step;
        for (size_t i = 0; i < keys.size(); ++i) ASSERT_EQ(keys[i]->held(), of_key[i]) << step;
    }
    EXPECT_EQ(total.refused + total.refused_of_key, refusals);
    EXPECT_GT(refusals, 0U);
}

// Reads the body, and answers with many bytes, whole (made at once or finished later) or in pieces.
Awaitable<void> answer_with_much(const std::shared_ptr<ByteBudget>& key, Request& request,
                                 Response& response) {
    request.held->count_for(key);
    const auto body = co_await request.body->read_all(1 << 20);
    if (!body) {
        response.status = body.error().code == Code::kBusy ? 503 : 400;
        co_return;
    }
    const auto held = request.held->hold_answer(300'000);
    if (!held) {
        response.status = held.error().code == Code::kBusy ? 503 : 429;
        co_return;
    }
    if (request.path == "/throw") throw std::runtime_error("thrown by a test");
    if (request.path == "/pieces") {
        const std::string piece(100'000, 'x');
        if (!co_await response.stream->begin()) co_return;
        for (int i = 0; i < 30; ++i)
            if (!co_await response.stream->write(piece)) co_return;
        co_return;
    }
    response.body.append(300'000, 'y');
    if (request.path == "/finish")
        response.finish = [](const std::string& text) { return text + text; };
}

// Clients that are gone at any point of their request or of its answer.
TEST(HeldBytesTest, AreGivenBackWhenTheClientIsGone) {
    const uint64_t seed = base::environment_number("SNAPGATE_SEED", std::random_device()());
    SCOPED_TRACE("run again with SNAPGATE_SEED=" + std::to_string(seed));
    const auto key = std::make_shared<ByteBudget>(2 << 20);
    ServerOptions options;
    options.held_bytes = 3 << 20;
    TestServer server(options);
    server.custom = [&key](Request& request, Response& response) {
        return answer_with_much(key, request, response);
    };
    std::vector<std::thread> clients;
    clients.reserve(4);
    for (uint64_t thread = 0; thread < 4; ++thread) {
        clients.emplace_back([&server, seed, thread] {
            std::mt19937_64 random(seed + thread);
            const std::vector<std::string> paths = {"/pieces", "/whole", "/finish", "/throw"};
            for (int i = 0; i < 60; ++i) {
                const std::string text = "POST " + paths[random() % paths.size()] +
                                         " HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" +
                                         std::string(200'000, 'b');
                RawConnection client(server.port());
                // All of it, or a part.
                const bool all = random() % 2 == 0;
                client.send(text.substr(0, all ? text.size() : random() % text.size()));
                const bool ends = random() % 2 == 0;
                if (ends) client.end_sending();
                // Where the server waits for the rest, it has nothing to say.
                for (uint64_t reads = all || ends ? random() % 4 : 0; reads > 0 && client.receive();
                     --reads) {
                }
                // A reset instead of an end in good order.
                const linger at_once{1, 0};
                if (random() % 2 == 0)
                    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
            }
        });
    }
    for (std::thread& client : clients) client.join();
    // Connections may be ending still: a stop waits for them.
    server->stop();
    EXPECT_EQ(server->statistics().held_bytes, 0U);
    EXPECT_EQ(key->held(), 0U);
    EXPECT_EQ(key.use_count(), 1) << "no request has it any more";
}

}  // namespace
}  // namespace snapgate::net
