#include "json/cluster_answers.h"

#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

using base::Code;

TEST(WatchFrame, HasATypeAndAnObject) {
    const std::string_view text =
        "{\"type\":\"ADDED\",\"object\":{\"a\":\"}]\\\"\",\"b\":[{},[1]]}}\n";
    const auto frame = read_watch_frame(text);
    ASSERT_TRUE(frame) << frame.error().message;
    EXPECT_EQ(frame->type, "ADDED");
    EXPECT_EQ(frame->object, R"({"a":"}]\"","b":[{},[1]]})");
}

TEST(WatchFrame, MembersStandInAnyOrder) {
    const auto frame =
        read_watch_frame(" { \"object\" : {\"x\":1} , \"other\": null, \"type\" : \"ERROR\" } ");
    ASSERT_TRUE(frame) << frame.error().message;
    EXPECT_EQ(frame->type, "ERROR");
    EXPECT_EQ(frame->object, R"({"x":1})");
}

TEST(WatchFrame, MembersMayFollowTheObject) {
    for (const std::string_view text :
         {R"({"type":"ADDED","object":{"a":{}},"x":{"b":[1]}})",
          R"({"x":"}","type":"ADDED","object":{"a":{}} ,"object2":"{"})",
          R"({"object":{"a":{}},"x":1,"type":"ADDED"})",
          // The last of two counts, as for Go.
          R"({"type":"ADDED","object":{},"object":{"a":{}}})"}) {
        const auto frame = read_watch_frame(text);
        ASSERT_TRUE(frame) << text << frame.error().message;
        EXPECT_EQ(frame->type, "ADDED") << text;
        EXPECT_EQ(frame->object, R"({"a":{}})") << text;
    }
}

TEST(WatchFrame, AnythingElseIsRefused) {
    for (const std::string_view text :
         {"", "{}", "[]", "null", "{", "{\"type\":\"ADDED\"}", "{\"object\":{}}",
          "{\"type\":1,\"object\":{}}", "{\"object\":{},\"type\":\"A\"",
          "{\"type\":\"A\" \"object\":{}}", "{\"type\":\"A\",\"object\":}",
          "{\"type\":\"A\",\"object\":{}}x", "{\"type\":\"A", "{\"type\":\"A\\",
          "{\"object\":{\"a\":\"}"}) {
        const auto frame = read_watch_frame(text);
        ASSERT_FALSE(frame) << text;
        EXPECT_EQ(frame.error().code, Code::kInvalidBody) << text;
    }
}

TEST(ObjectHead, SaysWhoAnObjectIs) {
    const auto head = read_object_head(
        R"({"apiVersion":"g/v1","kind":"K","metadata":{"name":"n","namespace":"s","uid":"u",)"
        R"("resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}},"spec":{}})");
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->api_version, "g/v1");
    EXPECT_EQ(head->kind, "K");
    EXPECT_EQ(head->ns, "s");
    EXPECT_EQ(head->name, "n");
    EXPECT_EQ(head->uid, "u");
    EXPECT_EQ(head->version, "7");
    EXPECT_TRUE(head->ends_initial_events);
    EXPECT_FALSE(read_object_head(R"({"kind":"K"})"));
    EXPECT_FALSE(read_object_head("[1]"));
    EXPECT_FALSE(read_object_head("{"));
}

TEST(ObjectHead, IsReadFromABeginningAsFarAsItGoes) {
    const std::string_view text =
        R"({"type":"MODIFIED","object":{"kind":"K","metadata":{"annotations":{"name":"no"},)"
        R"("name":"n","namespace":"s","resourceVersion":"8","uid":"u"},"spec":{"metadata":{"na)";
    const ObjectHead whole = read_cut_object(text);
    EXPECT_EQ(whole.name, "n");
    EXPECT_EQ(whole.ns, "s");
    EXPECT_EQ(whole.version, "8");
    EXPECT_EQ(whole.uid, "u");
    const ObjectHead part = read_cut_object(text.substr(0, text.find("\"uid\"")));
    EXPECT_EQ(part.name, "n");
    EXPECT_EQ(part.uid, "");
    EXPECT_EQ(read_cut_object(text.substr(text.find("{\"kind\""))).name, "n");
    EXPECT_EQ(read_cut_object("").name, "");
    EXPECT_EQ(read_cut_object("[{").name, "");
}

TEST(ObjectHead, OfAKeyGivenTwiceTheLastCounts) {
    const std::string_view text =
        R"({"kind":"A","metadata":{"name":"x","uid":"x"},"kind":"K","metadata":{"name":"a",)"
        R"("name":"n","namespace":"s","uid":"v","uid":"u","resourceVersion":"6",)"
        R"("resourceVersion":"7"}})";
    for (const ObjectHead& head : {*read_object_head(text), read_cut_object(text)}) {
        EXPECT_EQ(head.kind, "K");
        EXPECT_EQ(head.name, "n");
        EXPECT_EQ(head.uid, "u");
        EXPECT_EQ(head.version, "7");
    }
    // What counts need not be a text, or be there.
    const std::string_view none =
        R"({"metadata":{"name":"a","uid":"u"},"metadata":{"name":"a","name":7}})";
    for (const ObjectHead& head : {*read_object_head(none), read_cut_object(none)}) {
        EXPECT_EQ(head.name, "");
        EXPECT_EQ(head.uid, "");
    }
}

TEST(ObjectHead, ABeginningMayHaveEscapes) {
    const ObjectHead head = read_cut_object(
        R"({"met\u0061data":{"n\u0061me":"\u0062","namespace":"\ud800","uid":"u"},"x":1e999})");
    EXPECT_EQ(head.name, "b");
    EXPECT_EQ(head.ns, "");
    EXPECT_EQ(head.uid, "u");
}

TEST(ListHead, HasAVersionAndAToken) {
    const auto head = read_list_head(
        R"({"kind":"L","apiVersion":"v","metadata":{"resourceVersion":"9","continue":"t"},"items":[]})");
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->kind, "L");
    EXPECT_EQ(head->version, "9");
    EXPECT_EQ(head->continue_token, "t");
}

TEST(Status, HasACodeAReasonAndCauses) {
    const auto status = read_status(
        R"({"kind":"Status","code":504,"reason":"Timeout","message":"m","details":{"kind":"k",)"
        R"("name":"n","retryAfterSeconds":3,"causes":[{"reason":"ResourceVersionTooLarge"}]}})");
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->code, 504U);
    EXPECT_EQ(status->reason, "Timeout");
    EXPECT_EQ(status->message, "m");
    EXPECT_EQ(status->name, "n");
    EXPECT_EQ(status->retry_after_seconds, 3U);
    EXPECT_TRUE(status->has_cause("ResourceVersionTooLarge"));
    EXPECT_FALSE(status->has_cause("Other"));
    EXPECT_FALSE(read_status(R"({"kind":"Pod"})"));
    EXPECT_FALSE(read_status("<html>"));
}

TEST(Status, AByteOrderMarkIsNamed) {
    const auto status = read_status("\xef\xbb\xbf{\"kind\":\"Status\"}");
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("byte order mark"), std::string::npos)
        << status.error().message;
}

TEST(GroupVersions, ThePreferredOneIsFirst) {
    const auto versions =
        read_group_versions(R"({"kind":"APIGroup","versions":[{"version":"v1"},{"version":"v2"}],)"
                            R"("preferredVersion":{"version":"v2"}})");
    ASSERT_TRUE(versions) << versions.error().message;
    EXPECT_EQ(*versions, (std::vector<std::string>{"v2", "v1"}));
    EXPECT_FALSE(read_group_versions(R"({"kind":"APIGroup"})"));
}

TEST(ResourceNames, AreThoseOfWholeKinds) {
    const auto names = read_resource_names(
        R"({"kind":"APIResourceList","resources":[{"name":"virtualmachines"},)"
        R"({"name":"virtualmachines/status"},7,{"name":null},{"name":"pods"}]})");
    ASSERT_TRUE(names) << names.error().message;
    EXPECT_EQ(*names, (std::vector<std::string>{"virtualmachines", "pods"}));
    EXPECT_TRUE(read_resource_names(R"({"kind":"APIResourceList"})")->empty());
    EXPECT_FALSE(read_resource_names(R"({"kind":"Status"})"));
    EXPECT_FALSE(read_resource_names("404 page not found"));
}

TEST(ServerVersion, TakesNumbersWithAPlus) {
    const auto version =
        read_server_version(R"({"major":"1","minor":"32+","gitVersion":"v1.32.1-x"})");
    ASSERT_TRUE(version) << version.error().message;
    EXPECT_EQ(version->major, 1U);
    EXPECT_EQ(version->minor, 32U);
    EXPECT_EQ(version->text, "v1.32.1-x");
    EXPECT_FALSE(read_server_version("{}"));
}

}  // namespace
}  // namespace snapgate::json
