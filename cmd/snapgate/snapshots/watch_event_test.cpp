#include "snapshots/watch_event.h"

#include <gtest/gtest.h>

#include "json/path.h"

namespace snapgate::cli {
namespace {

TEST(WatchEventTest, ReadsEveryType) {
    using Type = WatchEvent::Type;
    for (const auto& [word, type] :
         {std::pair("ADDED", Type::kAdded), std::pair("MODIFIED", Type::kModified),
          std::pair("DELETED", Type::kDeleted), std::pair("BOOKMARK", Type::kBookmark)}) {
        const auto event =
            parse_watch_event(std::string(R"({"type":")") + word +
                              R"(","object":{"metadata":{"name":"a","resourceVersion":"7"}}})");
        ASSERT_TRUE(event) << event.error().message;
        EXPECT_EQ(event->type, type);
        EXPECT_EQ(event->resource_version, "7");
        EXPECT_EQ(json::text_at(event->object, {"metadata", "name"}), "a");
    }
}

TEST(WatchEventTest, AnErrorHasAStatusAndNoVersion) {
    const auto event = parse_watch_event(
        R"({"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}})");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->type, WatchEvent::Type::kError);
    EXPECT_EQ(event->resource_version, "");
    EXPECT_EQ(json::value_at(event->object, {"code"})->get_int64(), 410);
}

TEST(WatchEventTest, RefusesWhatIsNone) {
    for (const char* text :
         {"", "{", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":[]})",
          R"({"type":"added","object":{"metadata":{"resourceVersion":"7"}}})",
          R"({"type":7,"object":{"metadata":{"resourceVersion":"7"}}})",
          R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":7}}})",
          R"({"type":"MODIFIED","object":{"metadata":{"resourceVersion":""}}})"}) {
        const auto event = parse_watch_event(text);
        ASSERT_FALSE(event) << text;
        EXPECT_EQ(event.error().code, base::Code::kInvalidBody) << text;
    }
}

}  // namespace
}  // namespace snapgate::cli
