#include "facts/facts.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace snapgate::facts {
namespace {

SnapshotParts failed() {
    SnapshotParts parts;
    parts.name = "s1";
    parts.phase = "Failed";
    parts.creation_timestamp = "2026-11-04T14:19:06Z";
    parts.error_message = "no room for s1";
    parts.error_time = "2026-11-04T14:20:00Z";
    return parts;
}

TEST(Facts, AreReadAsTheyWereDerived) {
    const std::string bytes = derive(failed());
    const auto facts = read(bytes);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->state, State::kFailed);
    EXPECT_FALSE(facts->good());
    EXPECT_EQ(facts->duration(), 54U);
    EXPECT_EQ(facts->cause, "no room for s1");
    EXPECT_EQ(facts->cause_class, "no room for *");
}

TEST(Facts, KnowWhatLacksACause) {
    SnapshotParts parts = failed();
    EXPECT_FALSE(read(derive(parts))->lacks_cause());
    parts.error_message = {};
    const std::string silent = derive(parts);
    EXPECT_TRUE(read(silent)->silent);
    EXPECT_TRUE(read(silent)->lacks_cause());
    EXPECT_FALSE(read(silent)->cause.empty());
    parts.phase = "InProgress";
    EXPECT_FALSE(read(derive(parts))->silent);
    EXPECT_TRUE(read(derive(parts))->lacks_cause());
    parts.phase = "Succeeded";
    parts.ready = true;
    EXPECT_FALSE(read(derive(parts))->lacks_cause());
}

TEST(Facts, NameTheirContent) {
    SnapshotParts parts = failed();
    EXPECT_EQ(read(derive(parts))->content, 0U);
    parts.ns = "n";
    parts.content_name = "content-1";
    EXPECT_EQ(read(derive(parts))->content, hash_of(content_id("n", "content-1")));
    EXPECT_NE(content_id("n", "content-1"), content_id("m", "content-1"));
    EXPECT_NE(content_id("n", "content-1"), content_id("n", "content-2"));
}

TEST(Facts, RefuseWhatWasNotDerived) {
    const std::string bytes = derive(failed());
    for (size_t size = 0; size < 29; ++size) EXPECT_FALSE(read(bytes.substr(0, size)));
    std::string other = bytes;
    other[0] = 0;
    EXPECT_FALSE(read(other));
    other = bytes;
    other[1] = 9;
    EXPECT_FALSE(read(other));
    other = bytes;
    other[27] = 120;  // a cause longer than the bytes
    EXPECT_FALSE(read(other));
    EXPECT_FALSE(read(bytes + std::string(kMostBytes, 'x')));
}

// Times that no snapshot can have are none, so that nothing is computed from them.
TEST(Facts, HaveNoTimesBeyondTheirRange) {
    for (const std::string_view time : {"1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z",
                                        "9999-12-31T23:59:59Z", "yesterday", ""}) {
        SnapshotParts parts = failed();
        parts.creation_timestamp = time;
        const std::string bytes = derive(parts);
        const auto facts = read(bytes);
        ASSERT_TRUE(facts);
        EXPECT_EQ(facts->created, 0U) << time;
        EXPECT_EQ(facts->duration(), std::nullopt);
    }
}

TEST(Facts, NamesAreReadBack) {
    for (const State state : kStates) EXPECT_EQ(state_of(name_of(state)), state);
    for (const Consistency consistency : kConsistencies)
        EXPECT_EQ(consistency_of(name_of(consistency)), consistency);
    EXPECT_EQ(state_of("Unknown"), std::nullopt);
    EXPECT_EQ(consistency_of("Crash"), std::nullopt);
}

}  // namespace
}  // namespace snapgate::facts
