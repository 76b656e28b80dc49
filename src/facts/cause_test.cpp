#include "facts/cause.h"

#include <gtest/gtest.h>

#include <vector>

namespace snapgate::facts {
namespace {

TEST(Classify, TakesOutWhatDiffersBetweenSnapshots) {
    const std::vector<std::string_view> names{"rootdisk", "web-01", "shop"};
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"nothing differs here", "nothing differs here"},
        {"VM web-01 in shop: no disk rootdisk", "VM * in *: no disk *"},
        // A name between signs, and one that is only the beginning of a word.
        {"pvc-web-01-rootdisk", "pvc-*-*"},
        {"shopping in the workshop", "shopping in the workshop"},
        {"VolumeSnapshot vmsnapshot-9ffd1e42-566b-4f86-8c41-66913504ca19-volume-rootdisk error",
         "VolumeSnapshot * error"},
        {"content vmsnapshot-content-9ffd1e42-566b-4f86-8c41-66913504ca19",
         "content vmsnapshot-content-*"},
        {"id 9ffd1e42566b and face", "id * and face"},
        {"dial tcp 10.0.0.1:443: refused", "dial tcp *: refused"},
        {"[fe80::1]:8080 and 2001:db8:0:1::5 and aa:bb:cc:dd:ee:ff", "[*]:* and * and *"},
        {"1,024 of 2.5Gi after 30s", "* of *Gi after *s"},
        {"code = DeadlineExceeded: desc", "code = DeadlineExceeded: desc"},
        {"v1beta1", "v*beta*"},
        {"a: b: c", "a: b: c"},
        {"", ""},
    };
    for (const auto& [sentence, expected] : cases)
        EXPECT_EQ(classify(sentence, names), expected) << sentence;
}

TEST(Classify, TakesTheLongestNameFirst) {
    SnapshotParts parts;
    parts.name = "web";
    parts.vm = "web-db";
    parts.error_message = "no agent in web-db";
    EXPECT_EQ(find_cause(parts, State::kFailed).cause_class, "no agent in *");
}

TEST(FindCause, IsOneBoundedLine) {
    SnapshotParts parts;
    std::string message = " the first\n\tline  of";
    for (int i = 0; i < 400; ++i) message += " \xc3\xa4\xc3\xb6";
    parts.error_message = message;
    const Cause cause = find_cause(parts, State::kFailed);
    EXPECT_TRUE(cause.sentence.starts_with("the first line of \xc3\xa4"));
    EXPECT_LE(cause.sentence.size(), 600U);
    EXPECT_LE(cause.cause_class.size(), 300U);
    EXPECT_LE(derive(parts).size(), kMostBytes);
}

TEST(CauseOfError, IsASentenceAndItsClass) {
    const Cause cause = cause_of_error("\n no room  for web-1\ton web \n", {"web", "web-1"});
    EXPECT_EQ(cause.sentence, "no room for web-1 on web");
    EXPECT_EQ(cause.cause_class, "no room for * on *");
    EXPECT_FALSE(cause.silent);
    EXPECT_EQ(sentence_of(cause.sentence), cause.sentence);
    EXPECT_EQ(cause_of_error(" \n", {}).sentence, "");
    const std::string longer = sentence_of(std::string(700, 'x'));
    EXPECT_LE(longer.size(), 600U);
    EXPECT_EQ(sentence_of(longer), longer);
}

}  // namespace
}  // namespace snapgate::facts
