#include "mirror/metadata_page.h"

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
        MetadataPage page(cluster::snapshots(), skipped_, sum);
        SNAPGATE_TRY(page.feed(text));
        SNAPGATE_ASSIGN(const auto head, page.finish());
        EXPECT_EQ(head.version, "7");
        return sum;
    }

    SkippedObjects skipped_{"c", "virtualmachinesnapshots"};
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
    const std::string odd = object("x", "3").insert(1, "\"f\":[\"\xff\",\"\\ud800\",1e999],");
    EXPECT_EQ(sum_up(list_of(object("a", "1") + "," + odd)), sum_of("a", "1"));
}

TEST_F(MetadataPageTest, AListWithoutItemsIsEmpty) {
    EXPECT_EQ(sum_up(R"({"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"7"}})"),
              Checksum());
    EXPECT_FALSE(sum_up(R"({"kind":"Status","metadata":{"resourceVersion":"7"}})"));
    EXPECT_FALSE(sum_up(R"({"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[]})"));
}

TEST_F(MetadataPageTest, WhatIsNoListIsNotCompared) {
    for (const std::string& text :
         {std::string("{"), std::string("[]"), list_of("{]"), list_of(object("a", "1"), "")})
        EXPECT_FALSE(sum_up(text)) << text;
}

}  // namespace
}  // namespace snapgate::mirror
