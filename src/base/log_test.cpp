#include "base/log.h"

#include <gtest/gtest.h>

namespace snapgate::base::log {
namespace {

TEST(LogTest, JsonLinesEscapeWhatComesFromOutside) {
    EXPECT_EQ(
        format_line(true, Level::kInfo, 1500, "served", {{"path", "/a\"\n"}, {"status", 200}}),
        "{\"time\":\"1970-01-01T00:00:01.500Z\",\"level\":\"info\",\"message\":\"served\","
        "\"path\":\"/a\\\"\\n\",\"status\":200}");
}

TEST(LogTest, NoLineHoldsWhatATerminalActsOn) {
    EXPECT_EQ(format_line(true, Level::kInfo, 0, "m", {{"k", "a\u009bb\u202ec\u00fc\U000e0041"}}),
              R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"m",)"
              R"("k":"a\u009bb\u202ecü\udb40\udc41"})");
    EXPECT_EQ(format_line(false, Level::kInfo, 0, "m", {{"k", "a\u009bb\u202ec\u00fc\xff"}}),
              "1970-01-01T00:00:00.000Z info    m k=a?b?cü?");
}

TEST(LogTest, TextLinesCannotBeForged) {
    EXPECT_EQ(format_line(false, Level::kError, 0, "no\x1b[2J", {{"k", "a\nb"}}),
              "1970-01-01T00:00:00.000Z error   no?[2J k=a?b");
}

TEST(LogTest, LevelsByName) {
    EXPECT_EQ(*parse_level("warning"), Level::kWarning);
    EXPECT_FALSE(parse_level("loud"));
}

}  // namespace
}  // namespace snapgate::base::log
