#include "store/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/keys.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::HasSubstr;

class FormatTest : public testing::Test {
  protected:
    base::Result<std::unique_ptr<engine::Environment>> open() {
        return engine::Environment::open(
            {.directory = directory_.path() / "store", .map_bytes = 1 << 30, .max_readers = 8});
    }
    base::Result<Identity> identity() {
        SNAPGATE_ASSIGN(auto environment, open());
        return read_identity(*environment, directory_.path());
    }
    void set_format(uint64_t format) {
        auto environment = open();
        auto rows = (*environment)->write();
        ASSERT_TRUE(put_format(*rows, format));
        ASSERT_TRUE(rows->commit());
    }

    TestDirectory directory_;
};

TEST_F(FormatTest, ANewStoreHasAnIdOfItsOwn) {
    auto made = identity();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->id.size(), 16U);
    EXPECT_EQ(identity()->id, made->id);
    EXPECT_EQ(made->sequence.next_revision, 1U);
}

TEST_F(FormatTest, ANewerFormatIsRefused) {
    ASSERT_TRUE(identity());
    set_format(3);
    auto refused = identity();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("format 3"));
    EXPECT_THAT(refused.error().message, HasSubstr("up to 2"));
    EXPECT_THAT(refused.error().message, HasSubstr("newer snapgate"));
    StoreOptions options;
    options.directory = directory_.path();
    EXPECT_FALSE(Store::open(options));
    set_format(2);
    EXPECT_TRUE(identity());
}

// A bit of the format that is wrong makes no format that would be migrated.
TEST_F(FormatTest, NoDamageMakesItAnOlderFormat) {
    ASSERT_TRUE(identity());
    for (int bit = 0; bit < 64; ++bit) {
        set_format(kFormat ^ (uint64_t{1} << bit));
        StoreOptions options;
        options.directory = directory_.path();
        EXPECT_FALSE(Store::open(options)) << bit;
    }
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / "backup-format-1"));
}

TEST_F(FormatTest, ADatabaseOfSomethingElseIsRefused) {
    {
        auto environment = open();
        ASSERT_TRUE(environment);
        auto rows = (*environment)->write();
        ASSERT_TRUE(rows->put("something", "else"));
        ASSERT_TRUE(rows->commit());
    }
    EXPECT_EQ(identity().error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::store
