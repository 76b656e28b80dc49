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
