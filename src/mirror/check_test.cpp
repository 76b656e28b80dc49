#include "mirror/check.h"

#include <gtest/gtest.h>

#include <string>

#include "json/metadata_text.h"

namespace snapgate::mirror {
namespace {

std::string object(std::string_view name, std::string_view version) {
    return R"({"metadata":{"name":")" + std::string(name) +
           R"(","namespace":"n","resourceVersion":")" + std::string(version) + R"(","uid":"u"}})";
}
std::string list_of(const std::string& items, std::string_view version = "7") {
    return R"({"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":")" +
           std::string(version) + R"("},"items":[)" + items + "]}";
}
Checksum sum_of(std::string_view name, std::string_view version) {
    Checksum sum;
    const auto metadata = json::metadata_text(object(name, version));
    EXPECT_TRUE(metadata);
    sum.add("n", name, "u", version, metadata ? *metadata : "");
    return sum;
}

class MetadataPageTest : public testing::Test {
  protected:
    base::Result<Checksum> sum_up(const std::string& text) const {
        Checksum sum;
        MetadataPage page(skipped_, sum);
        SNAPGATE_TRY(page.feed(text));
        SNAPGATE_ASSIGN(const auto head, page.finish());
        EXPECT_EQ(head.version, "7");
        return sum;
    }

    SkippedObjects skipped_{"c"};
};

TEST_F(MetadataPageTest, ObjectsAreAddedUpInAnyOrder) {
    const auto one = sum_up(list_of(object("a", "1") + "," + object("b", "2")));
    const auto other = sum_up(list_of(object("b", "2") + "," + object("a", "1")));
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->objects, 2U);
    EXPECT_EQ(*one, *other);
    EXPECT_EQ(sum_up(list_of(object("a", "1"))), sum_of("a", "1"));
    EXPECT_NE(sum_up(list_of(object("a", "1"))), sum_of("a", "2"));
}

TEST_F(MetadataPageTest, WhatNoMirrorHasCountsOnNeitherSide) {
    json::ObjectHead skipped;
    skipped.ns = "n";
    skipped.name = "large";
    skipped_.add(skipped, "larger than 2 MiB");
    const std::string large =
        object("x", "3").insert(1, R"("f":")" + std::string(3 << 20, 'x') + R"(",)");
    EXPECT_EQ(sum_up(list_of(object("a", "1") + "," + object("large", "2") + "," +
                             object("A B", "3") + ",null," + large)),
              sum_of("a", "1"));
}

TEST_F(MetadataPageTest, WhatIsNoListIsNotCompared) {
    for (const std::string& text :
         {std::string("{"), std::string("[]"), list_of("{]"), list_of(object("a", "1"), "")})
        EXPECT_FALSE(sum_up(text)) << text;
}

TEST(MetadataForm, MetadataThatIsShownInAnotherFormCountsNoMore) {
    Checksum mine = sum_of("a", "1");
    Checksum theirs = mine;
    MetadataForm form;
    EXPECT_TRUE(form.agree(mine, theirs));
    EXPECT_FALSE(form.is_disproved(0));
    ++theirs.metadata_sum;
    EXPECT_FALSE(form.agree(mine, theirs));
    // The list that follows found something to change: the difference was one.
    EXPECT_FALSE(form.is_disproved(1));
    EXPECT_FALSE(form.is_disproved(0));
    EXPECT_FALSE(form.agree(mine, theirs));
    // It did not: byte by byte the objects were the same.
    EXPECT_TRUE(form.is_disproved(0));
    EXPECT_TRUE(form.agree(mine, theirs));
    EXPECT_FALSE(form.is_disproved(0));
    // Versions go on to count.
    ++theirs.sum;
    EXPECT_FALSE(form.agree(mine, theirs));
    --theirs.sum;
    form.forget();
    EXPECT_FALSE(form.agree(mine, theirs));
}

}  // namespace
}  // namespace snapgate::mirror
