#include "commands/flag_of.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(FlagOf, IsTheOneThatWasGiven) {
    const std::vector<std::string> given{"--max-age", "-n,--namespace", "--older-than",
                                         "--vm",      "-l,--selector",  "--sort-by"};
    EXPECT_EQ(flag_of("maxAge", given), "--max-age");
    EXPECT_EQ(flag_of("namespace", given), "--namespace");
    EXPECT_EQ(flag_of("createdBefore", given), "--older-than");
    EXPECT_EQ(flag_of("createdBefore", {"--created-before"}), "--created-before");
    EXPECT_EQ(flag_of("createdAfter", {"--since"}), "--since");
    EXPECT_EQ(flag_of("vmName", given), "--vm");
    EXPECT_EQ(flag_of("labelSelector", given), "--selector");
    EXPECT_EQ(flag_of("sort", given), "--sort-by");
    EXPECT_EQ(flag_of("phase", given), "");
}

std::string named(std::string message, std::string subject) {
    Failure failure(Exit::kUsage, std::move(message));
    failure.subject = std::move(subject);
    name_flag(failure, {"--max-age", "--uid"});
    return failure.message;
}

TEST(FlagOf, StandsInTheMessageOnce) {
    EXPECT_EQ(named("maxAge \"5\" is not understood", "maxAge"),
              "--max-age \"5\" is not understood");
    EXPECT_EQ(named("must be shorter", "uid"), "--uid: must be shorter");
    EXPECT_EQ(named("--uid is too long", "uid"), "--uid is too long");
    EXPECT_EQ(named("maxAges are not known", "maxAge"), "--max-age: maxAges are not known");
    EXPECT_EQ(named("must be shorter", "name"), "must be shorter");
    EXPECT_EQ(named("must be shorter", ""), "must be shorter");
}

}  // namespace
}  // namespace snapgate::cli
