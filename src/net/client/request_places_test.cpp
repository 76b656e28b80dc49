#include "net/client/request_places.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end,
// or to that of their loop, within the function that holds the lambda.

namespace snapgate::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong = std::chrono::hours(1);

class Places : public testing::Test {
  protected:
    struct Asked {
        std::optional<base::Result<RequestPlaces::Place>> answer;
        bool has_place() const { return answer && *answer; }
        std::string refusal() const { return answer && !*answer ? answer->error().message : ""; }
    };

    // Asks for a place, and goes on until nothing more happens.
    Asked& ask(const std::string& server, const std::string& group, milliseconds patience = kLong) {
        Asked& asked = *asked_.emplace_back(std::make_unique<Asked>());
        boost::asio::co_spawn(
            context_,
            [this, &asked, server, group, patience]() -> Awaitable<void> {
                RequestPlaces::Who who{server, group};
                auto answer = co_await places_.take(std::move(who), patience);
                asked.answer.emplace(std::move(answer));
            },
            [](const std::exception_ptr& thrown) {
                if (thrown) std::rethrow_exception(thrown);
            });
        settle();
        return asked;
    }
    void give_back(Asked& asked) {
        asked.answer.reset();
        settle();
    }
    void settle() {
        context_.restart();
        context_.poll();
    }

    RequestPlaces places_{{.of_server = 2,
                           .of_group = 3,
                           .in_all = 4,
                           .waiting_of_server = 2,
                           .waiting_of_group = 3,
                           .waiting_in_all = 4}};
    std::vector<std::unique_ptr<Asked>> asked_;
    boost::asio::io_context context_{1};
};

TEST_F(Places, AServerHasSoManyAndTheOthersWaitInLine) {
    Asked& first = ask("a", "p");
    Asked& second = ask("a", "p");
    EXPECT_TRUE(first.has_place() && second.has_place());
    Asked& third = ask("a", "p");
    Asked& fourth = ask("a", "p");
    EXPECT_FALSE(third.answer || fourth.answer);
    EXPECT_EQ(ask("a", "p").refusal(),
              "2 such requests are under way, and 2 wait, which is the most at a time: "
              "try again");
    EXPECT_TRUE(ask("b", "p").has_place());
    give_back(second);
    EXPECT_TRUE(third.has_place());
    EXPECT_FALSE(fourth.answer);
    give_back(first);
    EXPECT_TRUE(fourth.has_place());
}

TEST_F(Places, AGroupHasSoMany) {
    Asked& first = ask("a", "p");
    ask("a", "p");
    ask("b", "p");
    Asked& waits = ask("c", "p");
    EXPECT_FALSE(waits.answer);
    // Another group's servers do not wait for it.
    EXPECT_TRUE(ask("d", "q").has_place());
    ask("c", "p");
    ask("e", "p");
    EXPECT_NE(ask("f", "p").refusal().find("3 wait for the clusters of its project"),
              std::string::npos);
    give_back(first);
    EXPECT_TRUE(waits.has_place());
}

TEST_F(Places, InAllThereAreSoMany) {
    Asked& first = ask("a", "p");
    ask("b", "q");
    ask("c", "r");
    ask("d", "s");
    Asked& waits = ask("e", "t");
    ask("f", "u");
    ask("g", "v");
    ask("h", "w");
    EXPECT_EQ(ask("i", "x").refusal(),
              "4 requests to clusters are under way, and 4 wait for clusters, which is "
              "the most at a time: try again");
    give_back(first);
    EXPECT_TRUE(waits.has_place());
}

TEST_F(Places, WhoseServerIsFullHoldsNobodyUp) {
    ask("a", "p");
    ask("a", "p");
    Asked& held = ask("a", "p");
    Asked& other = ask("b", "p");
    Asked& last = ask("c", "q");
    EXPECT_TRUE(other.has_place() && last.has_place());
    Asked& next = ask("d", "r");  // all four are taken
    EXPECT_FALSE(next.answer);
    give_back(other);
    EXPECT_TRUE(next.has_place());
    EXPECT_FALSE(held.answer);
}

TEST_F(Places, WhoGivesUpLeavesTheLine) {
    Asked& first = ask("a", "p");
    ask("a", "p");
    Asked& hasty = ask("a", "p", milliseconds(0));
    while (!hasty.answer) {
        context_.restart();
        context_.run_one();
    }
    EXPECT_EQ(hasty.refusal(),
              "2 such requests are under way, which is the most at a time: try again");
    give_back(first);
    // Nobody else waits: the place is free.
    EXPECT_TRUE(ask("a", "p").has_place());
}

TEST_F(Places, WhoseLoopEndsLeavesTheLine) {
    Asked& first = ask("a", "p");
    ask("a", "p");
    {
        boost::asio::io_context other{1};
        const auto wait = [this]() -> Awaitable<void> {
            RequestPlaces::Who who{"a", "p"};
            auto answer = co_await places_.take(std::move(who), kLong);
            ADD_FAILURE() << "ended: " << answer.has_value();
        };
        boost::asio::co_spawn(other, wait, [](const std::exception_ptr&) {});
        other.poll();
    }
    give_back(first);
    EXPECT_TRUE(ask("a", "p").has_place());
    EXPECT_FALSE(ask("a", "p").answer);
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
