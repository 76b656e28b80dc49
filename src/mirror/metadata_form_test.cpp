#include "mirror/metadata_form.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

TEST(MetadataForm, MetadataThatIsShownInAnotherFormCountsNoMore) {
    Checksum mine;
    mine.add("n", "a", "u", "1", "{}");
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
