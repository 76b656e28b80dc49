#include "terminal/typed_line.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TypedLineTest, GoesOnWithTheToken) {
    EXPECT_EQ(continuing_line({"./snapgate", "get", "snapshots", "--cluster", "demo"}, "t-1_="),
              "./snapgate get snapshots --cluster demo --continue t-1_=");
    EXPECT_EQ(continuing_line({"snapgate", "--continue", "old", "-n", "a,b"}, "new"),
              "snapgate -n a,b --continue new");
    EXPECT_EQ(continuing_line({"snapgate", "--continue=old", "--limit", "7"}, "new"),
              "snapgate --limit 7 --continue new");
    EXPECT_EQ(continuing_line({"snapgate", "--continue"}, "new"), "snapgate --continue new");
    EXPECT_EQ(continuing_line({"snapgate", "--limit", "7", "--", "--continue"}, "new"),
              "snapgate --limit 7 --continue new -- --continue");
}

TEST(TypedLineTest, IsReadByAShellAsItWasTyped) {
    EXPECT_EQ(continuing_line({"snapgate", "--cluster", "the $(demo)", "--vm", "it's", ""}, "t"),
              "snapgate --cluster 'the $(demo)' --vm 'it'\\''s' '' --continue t");
}

}  // namespace
}  // namespace snapgate::cli
