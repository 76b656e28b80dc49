#include "json/owners.h"

#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

TEST(OwnersTest, ReadsOwnersFinalizersAndDeletion) {
    const auto read = read_owners(
        R"({"apiVersion":"v","kind":"k","metadata":{"annotations":{"a":"\"ownerReferences\":[{"},)"
        R"("deletionTimestamp":"2026-01-02T03:04:05Z","finalizers":["a/b","orphan"],"name":"n",)"
        R"("ownerReferences":[{"apiVersion":"x/v1","blockOwnerDeletion":true,"kind":"K",)"
        R"("name":"o","uid":"u\u0031"},{"apiVersion":"y","kind":"L","name":"p","uid":"u2"}],)"
        R"("uid":"1"},"spec":{}})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->going);
    EXPECT_EQ(read->finalizers, (std::vector<std::string>{"a/b", "orphan"}));
    ASSERT_EQ(read->owners.size(), 2U);
    EXPECT_EQ(read->owners[0].api_version, "x/v1");
    EXPECT_EQ(read->owners[0].kind, "K");
    EXPECT_EQ(read->owners[0].name, "o");
    EXPECT_EQ(read->owners[0].uid, "u1");
    EXPECT_TRUE(read->owners[0].blocks_deletion);
    EXPECT_FALSE(read->owners[1].blocks_deletion);
}

TEST(OwnersTest, LooksOnlyIntoTheMetadata) {
    const auto read = read_owners(
        R"({"metadata":{"name":"n"},"spec":{"deletionTimestamp":"x","finalizers":["f"],)"
        R"("ownerReferences":[{"uid":"u"}]}})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_FALSE(read->going);
    EXPECT_TRUE(read->finalizers.empty());
    EXPECT_TRUE(read->owners.empty());
}

TEST(OwnersTest, RefusesWhatNobodyStored) {
    EXPECT_FALSE(read_owners(""));
    EXPECT_FALSE(read_owners(R"({"metadata":{"finalizers":5}})"));
    EXPECT_FALSE(read_owners(R"({"metadata":{"ownerReferences":[{]}})"));
}

}  // namespace
}  // namespace snapgate::json
