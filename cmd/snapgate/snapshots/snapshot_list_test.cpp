#include "snapshots/snapshot_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote/scripted_server_testing.h"

namespace snapgate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SnapshotQuery query_of(std::vector<std::string> namespaces, std::vector<std::string> names = {},
                       std::vector<std::string> vms = {}, std::string selector = {}) {
    return {{"5f1", "demo", "hosted"},
            std::move(namespaces),
            std::move(names),
            std::move(vms),
            std::move(selector)};
}

TEST(SnapshotQueryTest, ValuesComeByCommaAndByRepetition) {
    EXPECT_THAT(split_values({"a,b", " c ,", "", "a", ",,d"}), ElementsAre("a", "b", "c", "d"));
    EXPECT_THAT(split_values({}), ElementsAre());
}

TEST(SnapshotQueryTest, TheServerSelectsWhatItCan) {
    const std::string all = "/clusters/5f1/apis/snapshot.kubevirt.io/v1beta1";
    EXPECT_EQ(list_target(query_of({}), ""), all + "/virtualmachinesnapshots");
    EXPECT_EQ(list_target(query_of({"web"}, {"a"}, {"vm"}, "x in (a,b)"), "watch=1"),
              all +
                  "/namespaces/web/virtualmachinesnapshots?labelSelector=x%20in%20%28a%2Cb%29&"
                  "fieldSelector=metadata.name%3Da&watch=1");
    EXPECT_EQ(list_target(query_of({"web", "db"}, {"a", "b"}), "limit=1"),
              all + "/virtualmachinesnapshots?limit=1");
}

TEST(SnapshotQueryTest, TheRestIsSelectedHere) {
    const auto snapshot = json::parse(
        R"({"metadata":{"namespace":"web","name":"a"},"spec":{"source":{"name":"vm-1"}}})");
    const json::Object& object = snapshot->get_object();
    EXPECT_TRUE(selects(query_of({}), object));
    EXPECT_TRUE(selects(query_of({"db", "web"}, {"a", "b"}, {"vm-1"}), object));
    EXPECT_FALSE(selects(query_of({"db"}), object));
    EXPECT_FALSE(selects(query_of({}, {"b"}), object));
    EXPECT_FALSE(selects(query_of({}, {}, {"vm-2"}), object));
}

// Lists from a server that answers so, and keeps the items' texts.
struct Listed {
    explicit Listed(const ScriptedServer& server, const SnapshotQuery& query) {
        Api api({server.url(), "sgk_1_secret", {}, {}});
        version = list_snapshots(api, query, {.idle = std::chrono::seconds(30)},
                                 [this](std::string_view item) {
                                     items.emplace_back(item);
                                     return base::Result<void>();
                                 });
    }
    std::vector<std::string> items;
    Outcome<std::optional<std::string>> version{std::nullopt};
};

std::string item(const std::string& name, const std::string& vm) {
    return R"({"metadata":{"namespace":"web","name":")" + name +
           R"("},"spec":{"source":{"name":")" + vm + R"("}}})";
}

std::string list(const std::string& items, const std::string& metadata) {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","items":[)" + items +
           R"(],"kind":"VirtualMachineSnapshotList","metadata":)" + metadata + "}";
}

TEST(SnapshotListTest, ItemsAndVersionComeFromOneStreamWithTheKeyInItsHeader) {
    ScriptedServer server({answer_in_chunks(
        200, list(item("a", "x") + "," + item("b", "y"), R"({"resourceVersion":"7"})"), 10)});
    const Listed listed(server, query_of({}));
    ASSERT_TRUE(listed.version) << listed.version.error().message;
    EXPECT_EQ(*listed.version, "7");
    EXPECT_THAT(listed.items, ElementsAre(item("a", "x"), item("b", "y")));
    EXPECT_THAT(server.heads().at(0), HasSubstr("Authorization: Bearer sgk_1_secret\r\n"));
    EXPECT_THAT(server.heads().at(0), HasSubstr("GET /clusters/5f1/apis/"));
}

TEST(SnapshotListTest, AServerThatPagesIsFollowed) {
    ScriptedServer server(
        {answer(200, list(item("a", "x"), R"({"resourceVersion":"7","continue":"t+1"})")),
         answer(200, list(item("b", "y"), R"({"resourceVersion":"7"})"))});
    const Listed listed(server, query_of({}, {}, {"y"}));
    ASSERT_TRUE(listed.version) << listed.version.error().message;
    EXPECT_EQ(*listed.version, "7");
    EXPECT_THAT(listed.items, ElementsAre(item("b", "y")));
    EXPECT_THAT(server.heads().at(1), HasSubstr("continue=t%2B1"));
}

TEST(SnapshotListTest, EachNameIsAskedForAtOneVersion) {
    ScriptedServer server({answer(200, list(item("b", "x"), R"({"resourceVersion":"7"})")),
                           answer(200, list(item("a", "x"), R"({"resourceVersion":"7"})"))});
    const Listed listed(server, query_of({"web"}, {"b", "a"}));
    ASSERT_TRUE(listed.version) << listed.version.error().message;
    EXPECT_EQ(*listed.version, "7");
    EXPECT_THAT(listed.items, ElementsAre(item("a", "x"), item("b", "x")));
    EXPECT_THAT(server.heads().at(0), HasSubstr("fieldSelector=metadata.name%3Db HTTP"));
    EXPECT_THAT(server.heads().at(1),
                HasSubstr("fieldSelector=metadata.name%3Da&resourceVersionMatch=Exact&"
                          "resourceVersion=7 HTTP"));
}

TEST(SnapshotListTest, NamesAreAskedForAnewWhereTheVersionIsGone) {
    ScriptedServer server(
        {answer(200, list(item("b", "x"), R"({"resourceVersion":"7"})")),
         answer(410, R"({"kind":"Status","message":"too old","reason":"Expired"})"),
         answer(200, list("", R"({"resourceVersion":"9"})")),
         answer(200, list(item("a", "x"), R"({"resourceVersion":"9"})"))});
    const Listed listed(server, query_of({"web"}, {"b", "a"}));
    ASSERT_TRUE(listed.version) << listed.version.error().message;
    EXPECT_EQ(*listed.version, "9");
    EXPECT_THAT(listed.items, ElementsAre(item("a", "x")));
}

TEST(SnapshotListTest, WhatIsNoWholeListIsToldApart) {
    const std::string whole = list(item("a", "x"), R"({"resourceVersion":"7"})");
    const std::string cut = answer_in_chunks(200, whole, 10).bytes.substr(0, 200);
    for (const Scripted& scripted :
         {Scripted{cut, true}, answer(200, "{}"), answer(200, "no JSON"), answer(200, ""),
          answer(200, whole.substr(0, whole.size() - 1)), answer(200, list("", "{}")),
          answer(200, R"({"kind":"PodList","items":[],"metadata":{"resourceVersion":"7"}})")}) {
        ScriptedServer server({scripted});
        const Listed listed(server, query_of({}));
        ASSERT_FALSE(listed.version) << scripted.bytes;
        EXPECT_NE(listed.version.error().message, "");
        EXPECT_EQ(listed.version.error().message.find("secret"), std::string::npos);
    }
}

TEST(SnapshotListTest, ARefusalIsTheServersWord) {
    ScriptedServer server({answer(400, R"({"kind":"Status","message":"unable to parse selector",
        "reason":"BadRequest","code":400})")});
    const Listed listed(server, query_of({}));
    ASSERT_FALSE(listed.version);
    EXPECT_EQ(listed.version.error().exit, Exit::kUsage);
    EXPECT_EQ(listed.version.error().message, "unable to parse selector (BadRequest)");
}

}  // namespace
}  // namespace snapgate::cli
