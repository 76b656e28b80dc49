#include "snapshots/snapshot_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "json/path.h"
#include "remote/scripted_server_testing.h"
#include "terminal/captured_console_testing.h"

namespace snapgate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Type = WatchEvent::Type;

std::string object(const std::string& name, int version) {
    return fmt::format(R"({{"metadata":{{"namespace":"web","name":"{}","resourceVersion":"{}"}},)"
                       R"("spec":{{"source":{{"name":"vm-{}"}}}}}})",
                       name, version, name);
}

Scripted list(const std::string& items, int version) {
    return answer(200, fmt::format(R"({{"items":[{}],"kind":"VirtualMachineSnapshotList",)"
                                   R"("metadata":{{"resourceVersion":"{}"}}}})",
                                   items, version));
}

std::string event(std::string_view type, const std::string& object) {
    return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}

std::string bookmark(int version) {
    return event("BOOKMARK", fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}}}})", version));
}

std::string status(int code, std::string_view reason) {
    return fmt::format(R"({{"kind":"Status","message":"said so","reason":"{}","code":{}}})", reason,
                       code);
}

// Follows a scripted server until an object named "end" comes: then there is Ctrl-C.
class SnapshotFollowerTest : public ConsoleTest {
  protected:
    Outcome<> follow(ScriptedServer& server,
                     SnapshotQuery query = {{"5f1", "demo", "hosted"}, {}, {}, {}, {}}) {
        auto interruption = Interruption::listen();
        EXPECT_TRUE(interruption);
        Api api({server.url(), "sgk_1_secret", {}, {}});
        FollowSinks sinks;
        sinks.listed = [this](std::string_view item) -> base::Result<void> {
            SNAPGATE_ASSIGN(auto value, json::parse(item));
            seen_.push_back("listed " +
                            std::string(json::text_at(value.get_object(), {"metadata", "name"})));
            return {};
        };
        sinks.list_ended = [this]() -> base::Result<void> {
            seen_.emplace_back("end of list");
            return {};
        };
        sinks.changed = [this](Type type, const json::Object& object) -> base::Result<void> {
            const std::string name(json::text_at(object, {"metadata", "name"}));
            if (name == "end") {
                std::raise(SIGINT);
                return {};
            }
            const std::string_view word = type == Type::kAdded      ? "added "
                                          : type == Type::kModified ? "modified "
                                                                    : "deleted ";
            seen_.push_back(std::string(word) + name);
            return {};
        };
        SnapshotFollower follower(api, console_, *interruption, std::move(query), std::move(sinks),
                                  {.idle = std::chrono::seconds(30),
                                   .first_delay = std::chrono::milliseconds(1),
                                   .longest_delay = std::chrono::milliseconds(4)});
        return follower.run();
    }

    // What the watches were asked from.
    static std::vector<std::string> versions(const ScriptedServer& server) {
        std::vector<std::string> out;
        for (const std::string& head : server.heads()) {
            constexpr std::string_view kName = "resourceVersion=";
            const size_t at = head.find(kName);
            if (head.find("watch=1") == std::string::npos || at == std::string::npos) continue;
            const size_t from = at + kName.size();
            out.push_back(head.substr(from, head.find_first_of("& ", from) - from));
        }
        return out;
    }

    std::vector<std::string> seen_;
};

TEST_F(SnapshotFollowerTest, ListsThenFollowsUntilItIsInterrupted) {
    ScriptedServer server(
        {list(object("a", 3), 5),
         open_answer(event("ADDED", object("b", 6)) + event("MODIFIED", object("a", 7)) +
                         event("DELETED", object("b", 8)) + event("ADDED", object("end", 9)),
                     false)});
    const auto ended = follow(server);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(seen_,
                ElementsAre("listed a", "end of list", "added b", "modified a", "deleted b"));
    EXPECT_THAT(versions(server), ElementsAre("5"));
    EXPECT_THAT(server.heads().at(1), HasSubstr("allowWatchBookmarks=true"));
    EXPECT_EQ(err(), "");
}

TEST_F(SnapshotFollowerTest, ResumesFromTheLastVersionItSaw) {
    ScriptedServer server(
        {list("", 5),
         // Ends in order after an event; is cut within one; a bookmark moves on without one.
         answer(200, event("ADDED", object("a", 6))),
         open_answer(event("ADDED", object("b", 7)) + R"({"type":"ADDED","obj)", true),
         open_answer(bookmark(11), true), open_answer(event("ADDED", object("end", 12)), false)});
    const auto ended = follow(server);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(seen_, ElementsAre("end of list", "added a", "added b"));
    EXPECT_THAT(versions(server), ElementsAre("5", "6", "7", "11"));
    EXPECT_EQ(err(), "");
}

TEST_F(SnapshotFollowerTest, ListsAgainWhereHistoryIsGone) {
    ScriptedServer server(
        {list(object("a", 3), 5),
         answer(200, event("ADDED", object("b", 6)) + event("ERROR", status(410, "Expired"))),
         list(object("b", 6), 20), answer(410, status(410, "Expired")), list(object("c", 30), 30),
         open_answer(event("ADDED", object("end", 31)), false)});
    const auto ended = follow(server);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(seen_, ElementsAre("listed a", "end of list", "added b", "listed b", "end of list",
                                   "listed c", "end of list"));
    EXPECT_THAT(versions(server), ElementsAre("5", "20", "30"));
    EXPECT_THAT(err(), HasSubstr("listing again"));
}

TEST_F(SnapshotFollowerTest, TriesAgainWhatMayPassAndSaysSoOnce) {
    ScriptedServer server(
        {list("", 5), answer(503, status(503, "ServiceUnavailable")),
         answer(429, status(429, "TooManyRequests")), Scripted{"", true},
         answer(200, event("ERROR", status(500, "InternalError"))), answer(200, ""),
         open_answer(event("ADDED", object("a", 6)) + event("ADDED", object("end", 7)), false)});
    const auto ended = follow(server);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(seen_, ElementsAre("end of list", "added a"));
    EXPECT_THAT(versions(server), ElementsAre("5", "5", "5", "5", "5", "5"));
    EXPECT_THAT(err(),
                HasSubstr("trying again, to continue from the last change seen: said so (Serv"));
    EXPECT_THAT(err(), HasSubstr("can be reached again"));
    EXPECT_EQ(err().find("trying again"), err().rfind("trying again"));
}

TEST_F(SnapshotFollowerTest, EndsWithWhatWillNotPass) {
    for (const Scripted& refusal : {answer(403, status(403, "Forbidden")),
                                    answer(200, event("ERROR", status(403, "Forbidden")))}) {
        ScriptedServer server({list("", 5), refusal});
        const auto ended = follow(server);
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().exit, Exit::kRefused);
        EXPECT_EQ(ended.error().message, "said so (Forbidden)");
    }
    ScriptedServer none({answer(200, "<html>")});
    EXPECT_FALSE(follow(none));
    ScriptedServer garbage({list("", 5), answer(200, R"({"type":"LUNCH","object":{}})")});
    EXPECT_FALSE(follow(garbage));
}

TEST_F(SnapshotFollowerTest, WhatIsNotSelectedIsNotShownAndMovesOn) {
    ScriptedServer server(
        {list(object("a", 3) + "," + object("b", 4), 5),
         answer(200, event("ADDED", object("b", 6)) + event("ADDED", object("a", 7)) +
                         event("MODIFIED", object("b", 8))),
         open_answer(event("ADDED", object("end", 9)), false)});
    const auto ended = follow(server, {{"5f1", "demo", "hosted"}, {}, {}, {"vm-a", "vm-end"}, {}});
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(seen_, ElementsAre("listed a", "end of list", "added a"));
    EXPECT_THAT(versions(server), ElementsAre("5", "8"));
}

}  // namespace
}  // namespace snapgate::cli
