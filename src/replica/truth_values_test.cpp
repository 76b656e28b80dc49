#include "replica/truth_values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "store/objects_testing.h"

namespace snapgate::replica {
namespace {

using base::Code;

TEST(TruthValuesTest, VersionsNameTheRevisionOfEtcd) {
    EXPECT_EQ(version_of(12, 7), "12007");
    EXPECT_EQ(revision_in("12007"), 12);
    EXPECT_EQ(revision_in("12999"), 12);
    for (const char* text : {"", "999", "0", "x", "12007x", "-12007", "9223372036854775808"})
        EXPECT_FALSE(revision_in(text)) << text;
}

TEST(TruthValuesTest, AMovedVersionIsAVersionOrAnError) {
    EXPECT_EQ(*moved_version("12007", 3), "15007");
    EXPECT_EQ(*moved_version("12007", -12), "7");
    EXPECT_EQ(*moved_version("9223372036854774807", 1), "9223372036854775807");
    EXPECT_EQ(*moved_version("9223372036854775807", 0), "9223372036854775807");
    const std::pair<const char*, int64_t> refused[] = {
        {"9223372036854774808", 1},
        {"9223372036854775807", kMostOffset},
        {"12007", -13},
        {"0", -kMostOffset},
        {"", 1},
    };
    for (const auto& [version, revisions] : refused) {
        const auto moved = moved_version(version, revisions);
        ASSERT_FALSE(moved) << version << " by " << revisions << ": " << *moved;
        EXPECT_EQ(moved.error().code, Code::kCorrupt);
    }
}

TEST(TruthValuesTest, AnObjectComesBackAsItWas) {
    const model::PreparedObject object = store::make_object("shop", "web-1", "vm-1", "filler");
    const std::string value = encode_truth_object(999, object);
    const auto read = decode_truth_object(value);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->place, 999);
    const auto again = prepare_again(read->object, "shop", "web-1");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(model::encode_object(*again, "5"), model::encode_object(object, "5"));
    EXPECT_EQ(again->marks, object.marks);
}

TEST(TruthValuesTest, AStoredObjectIsPreparedWithoutItsVersion) {
    model::PreparedObject object = store::make_object("shop", "web-1", "vm-1", "filler");
    // Marks before and behind the place of the version.
    object.marks = {{.type = model::PatchMark::Type::kInsert, .offset = 1, .bytes = "a"},
                    {.type = model::PatchMark::Type::kInsert,
                     .offset = object.version_offset + 3,
                     .bytes = "b"}};
    const std::string value = model::encode_object(object, "1234567");
    const auto stored = model::decode_object(value);
    ASSERT_TRUE(stored);
    const auto again = prepare_again(*stored, "shop", "web-1");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->text, object.text);
    EXPECT_EQ(again->vm_offset, object.vm_offset);
    EXPECT_EQ(again->marks, object.marks);
    EXPECT_EQ(encode_truth_object(3, *again), encode_truth_object(3, object));
}

TEST(TruthValuesTest, BrokenObjectsAreNotRead) {
    const std::string value = encode_truth_object(1, store::make_object("shop", "web-1", "vm-1"));
    for (size_t size = 0; size < value.size(); size += 5) {
        const auto read = decode_truth_object(std::string_view(value).substr(0, size));
        ASSERT_FALSE(read) << size;
        EXPECT_EQ(read.error().code, Code::kCorrupt);
    }
    std::string other = value;
    other[0] = 2;
    EXPECT_FALSE(decode_truth_object(other));
    other = value;
    other[1] = '\x7f';
    EXPECT_FALSE(decode_truth_object(other)) << "no transaction has so many places";
}

TEST(TruthValuesTest, AClustersKeySaysItsVersion) {
    const auto changed = decode_cluster_change(encode_cluster({.place = 41}));
    ASSERT_TRUE(changed);
    EXPECT_EQ(*version_of(*changed, 7, 0), "7041");
    EXPECT_EQ(*version_of(*changed, 7, 100), "107041");
    const auto noted = decode_cluster_change(encode_cluster({.place = {}, .version = "5002"}));
    ASSERT_TRUE(noted);
    EXPECT_EQ(*version_of(*noted, 7, 0), "5002");
    EXPECT_EQ(*version_of(*noted, 7, 100), "105002");
    const auto mirror = decode_cluster_change(encode_cluster({.mirror = true}));
    ASSERT_TRUE(mirror);
    EXPECT_TRUE(mirror->mirror);
    EXPECT_FALSE(changed->mirror);
    for (const char* text : {"", "~~", "+", "+x", "+1000", "=", "=12", "=x", "5"})
        EXPECT_FALSE(decode_cluster_change(text)) << text;
}

}  // namespace
}  // namespace snapgate::replica
