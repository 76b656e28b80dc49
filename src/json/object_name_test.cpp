#include <gtest/gtest.h>

#include <string>

#include "json/object.h"

namespace snapgate::json {
namespace {

TEST(BestEffortName, ReadsWhatThereIs) {
    EXPECT_EQ(best_effort_name(R"({"metadata":{"name":"a","namespace":"web"}})"), "web/a");
    EXPECT_EQ(best_effort_name(R"({"metadata":{"name":"a"}})"), "a");
    EXPECT_EQ(best_effort_name(R"({"metadata":{"namespace":"web"}})"), "web/");
    EXPECT_EQ(best_effort_name("{"), "");
    EXPECT_EQ(best_effort_name("[]"), "");
}

TEST(BestEffortName, ReadsTheBeginningOfWhatIsCutOff) {
    EXPECT_EQ(best_effort_name(R"({"metadata":{"name":"a","namespace":"web"},"spec":{"x":"y)"),
              "web/a");
}

TEST(BestEffortName, IsShortAndPrintable) {
    EXPECT_EQ(best_effort_name(R"({"metadata":{"name":"a\nb","namespace":"\u007f"}})"), "?/a?b");
    const std::string name(400, 'n');
    EXPECT_EQ(best_effort_name(R"({"metadata":{"name":")" + name + R"("}})"), name.substr(0, 320));
}

}  // namespace
}  // namespace snapgate::json
