#include "mirror/list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mirror/recording_sink_testing.h"

namespace snapgate::mirror {
namespace {

std::string object(std::string_view name, std::string_view filler = "") {
    return R"({"metadata":{"name":")" + std::string(name) +
           R"(","namespace":"n","resourceVersion":"5","uid":"u"},"spec":{"filler":")" +
           std::string(filler) + R"("}})";
}
std::string list_of(const std::string& items, std::string_view kind = "VirtualMachineSnapshotList",
                    std::string_view version = "7") {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":")" + std::string(kind) +
           R"(","metadata":{"resourceVersion":")" + std::string(version) +
           R"(","continue":"more"},"items":[)" + items + "]}";
}

class ListPageTest : public testing::Test {
  protected:
    // Takes a page, cut into pieces of so many bytes; its head.
    Outcome<json::ListHead> take(const std::string& text, size_t piece = 64 << 10) {
        ListPage page(cluster::snapshots(), objects_, skipped_);
        for (size_t at = 0; at < text.size(); at += piece) {
            auto fed = page.feed(std::string_view(text).substr(at, piece));
            if (!fed) return tl::unexpected(std::move(fed).error());
        }
        return page.finish();
    }
    // What was collected of it.
    std::vector<std::string> collected() {
        EXPECT_TRUE(run_on(loop_, objects_.flush(true)));
        return sink_.calls;
    }

    net::EventLoop loop_;
    RecordingSink sink_;
    ListsUnderWay lists_;
    Collector objects_{sink_, lists_, {.objects = 1'000}};
    SkippedObjects skipped_{"c", "virtualmachinesnapshots"};
};

TEST_F(ListPageTest, ObjectsAreCollectedAsTheyArrive) {
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{64 << 10}}) {
        sink_.calls.clear();
        const auto head = take(list_of(object("b") + "," + object("a")), piece);
        ASSERT_TRUE(head) << head.error().message;
        EXPECT_EQ(head->version, "7");
        EXPECT_EQ(head->continue_token, "more");
        EXPECT_EQ(collected(), std::vector<std::string>{"add b a"});
    }
}

TEST_F(ListPageTest, WhatCannotBeShownIsPassedOver) {
    const std::string large(3 << 20, 'x');
    ASSERT_TRUE(take(list_of(object("a b") + "," + object("large", large) + "," + object("a"))));
    EXPECT_EQ(collected(), std::vector<std::string>{"add a"});
    EXPECT_EQ(skipped_.count(), 2U);
    EXPECT_TRUE(skipped_.contains({"n", "large"}));
    EXPECT_TRUE(skipped_.contains({"n", "a b"}));
}

TEST_F(ListPageTest, OneThatNoReaderTakesHidesNothingElse) {
    for (const std::string_view filler : {"\xff", "\\ud800"}) {
        sink_.calls.clear();
        skipped_.clear();
        const auto head =
            take(list_of(object("b") + "," + object("odd", filler) + "," + object("a")));
        ASSERT_TRUE(head) << head.error().message;
        EXPECT_EQ(collected(), std::vector<std::string>{"add b a"});
        EXPECT_TRUE(skipped_.contains({"n", "odd"}));
    }
}

TEST_F(ListPageTest, AListWithoutItemsIsEmpty) {
    for (const std::string_view items : {"", R"(,"items":null)"}) {
        const auto head =
            take(R"({"kind":"VirtualMachineSnapshotList","metadata":{"resourceVersion":"7"})" +
                 std::string(items) + "}");
        ASSERT_TRUE(head) << head.error().message;
        EXPECT_EQ(head->version, "7");
    }
    EXPECT_EQ(collected(), std::vector<std::string>{});
}

TEST_F(ListPageTest, WhatNoClusterAnswersIsNoList) {
    const std::string pod = R"({"apiVersion":"v1","kind":"Pod"})";
    for (const std::string& text :
         {std::string("{"), std::string("<html>"), std::string(""), list_of(pod),
          list_of(object("a"), "PodList"), list_of(object("a"), "VirtualMachineSnapshotList", ""),
          list_of(object("a") + ","), list_of("{"), list_of(object("a")) + list_of(object("b")),
          object("a"), std::string(R"({"kind":"VirtualMachineSnapshotList","metadata":{}})"),
          std::string(R"({"kind":"PodList","metadata":{"resourceVersion":"7"}})")}) {
        const auto head = take(text);
        ASSERT_FALSE(head) << text;
        EXPECT_EQ(head.error().reason, "AnswerInvalid") << text;
        EXPECT_EQ(head.error().next, Setback::Next::kRelist) << text;
    }
}

TEST(ListQuery, SaysHowOldAListMayBe) {
    EXPECT_EQ(list_query("", false), "resourceVersion=0&limit=500");
    EXPECT_EQ(list_query("7 7", false), "resourceVersion=7%207");
    EXPECT_EQ(list_query("77", true), "limit=500");
    EXPECT_EQ(list_query("", true), "limit=500");
}

}  // namespace
}  // namespace snapgate::mirror
