#include "json/list_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snapgate::json {
namespace {

struct Read {
    base::Result<ListHead> head;
    std::vector<std::string> items;
};

Read read(std::string_view text, size_t piece = 64 << 10) {
    Read read{ListHead(), {}};
    ListReader list([&](std::string_view item) -> base::Result<void> {
        read.items.emplace_back(item);
        return {};
    });
    for (size_t at = 0; at < text.size(); at += piece) {
        auto fed = list.feed(text.substr(at, piece));
        if (fed) continue;
        read.head = fed.error();
        return read;
    }
    read.head = list.finish();
    return read;
}

TEST(ListReader, ReadsItemsAndWhatStandsAroundThem) {
    const std::string_view text =
        R"( {"apiVersion":"v1","items":[{"a":1}, 7],"kind":"KList","metadata":{"resourceVersion":"9",)"
        R"("continue":"t"}} )";
    for (const size_t piece : {size_t{1}, size_t{5}, size_t{1000}}) {
        const Read whole = read(text, piece);
        ASSERT_TRUE(whole.head) << whole.head.error().message;
        EXPECT_EQ(whole.head->kind, "KList");
        EXPECT_EQ(whole.head->version, "9");
        EXPECT_EQ(whole.head->continue_token, "t");
        EXPECT_EQ(whole.items, (std::vector<std::string>{R"({"a":1})", "7"}));
    }
}

TEST(ListReader, AListWithoutItemsIsEmpty) {
    for (const std::string_view items : {R"("items":[],)", R"("items":null,)", ""}) {
        const std::string text =
            "{" + std::string(items) + R"("kind":"KList","metadata":{"resourceVersion":"9"}})";
        const Read whole = read(text, 3);
        ASSERT_TRUE(whole.head) << text << whole.head.error().message;
        EXPECT_EQ(whole.head->version, "9");
        EXPECT_TRUE(whole.items.empty());
    }
}

TEST(ListReader, AnythingElseIsRefused) {
    const std::string list = R"({"kind":"KList","items":[]})";
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("[{}]"), std::string("{}"),
          std::string(R"({"kind":"Status"})"), std::string(R"({"kind":"KList","items":{}})"),
          std::string(R"({"kind":"KList","items":"a"})"), list + list, list + "{}", list + "x",
          std::string(R"({"kind":"KList"}{"kind":"KList"})"), list.substr(0, list.size() - 1)})
        EXPECT_FALSE(read(text).head) << text;
}

TEST(ListReader, AByteOrderMarkIsNamed) {
    const Read marked = read("\xef\xbb\xbf{\"kind\":\"KList\",\"items\":[]}", 1);
    ASSERT_FALSE(marked.head);
    EXPECT_NE(marked.head.error().message.find("byte order mark"), std::string::npos)
        << marked.head.error().message;
}

TEST(ListReader, KnowsTheHeadThatStoodBeforeTheItems) {
    ListReader list([](std::string_view) { return base::Result<void>(); });
    ASSERT_TRUE(list.feed(R"({"kind":"KList","metadata":{"resourceVersion":"9"})"));
    EXPECT_FALSE(list.head_before_items());
    ASSERT_TRUE(list.feed(R"(,"items":[{"a":)"));
    ASSERT_TRUE(list.head_before_items());
    EXPECT_EQ(list.head_before_items()->version, "9");

    ListReader behind([](std::string_view) { return base::Result<void>(); });
    ASSERT_TRUE(behind.feed(R"({"kind":"KList","items":[{"metadata":{"resourceVersion":"9"}},)"));
    EXPECT_FALSE(behind.head_before_items());
}

}  // namespace
}  // namespace snapgate::json
