#include "store/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "store/keys.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using testing::HasSubstr;

class FormatTest : public testing::Test {
  protected:
    base::Result<Identity> prepare(uint64_t format, const std::vector<Migration>& steps) {
        SNAPGATE_ASSIGN(auto environment, open(directory_.path() / "store"));
        return prepare_format(*environment, directory_.path(), format, steps);
    }
    static base::Result<std::unique_ptr<engine::Environment>> open(
        const std::filesystem::path& path) {
        return engine::Environment::open({path, 1 << 30, 8});
    }
    std::optional<std::string> row(const std::filesystem::path& path, std::string_view key) {
        auto environment = open(path);
        auto rows = (*environment)->read();
        auto value = rows->get(key);
        return *value ? std::optional<std::string>(**value) : std::nullopt;
    }
    static Migration writes(uint64_t from, std::string text) {
        return {from, [text = std::move(text)](engine::WriteTransaction& rows) {
                    return rows.put("\x7f", text);
                }};
    }

    TestDirectory directory_;
};

TEST_F(FormatTest, ANewStoreHasAnIdOfItsOwn) {
    auto made = prepare(1, {});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->id.size(), 16U);
    EXPECT_EQ(prepare(1, {})->id, made->id);
    EXPECT_EQ(made->sequence.next_revision, 1U);
}

TEST_F(FormatTest, ANewerFormatIsRefused) {
    ASSERT_TRUE(prepare(3, {}));
    auto refused = prepare(1, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("format 3"));
    EXPECT_THAT(refused.error().message, HasSubstr("up to 1"));
    EXPECT_THAT(refused.error().message, HasSubstr("newer snapgate"));
    ASSERT_TRUE(prepare(3, {}));

    StoreOptions options;
    options.directory = directory_.path();
    EXPECT_FALSE(Store::open(options));
}

TEST_F(FormatTest, AnOlderFormatIsBackedUpAndMigratedStepByStep) {
    std::string id = prepare(1, {})->id;
    auto migrated = prepare(3, {writes(2, "two"), writes(1, "one")});
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_EQ(migrated->id, id);
    EXPECT_EQ(row(directory_.path() / "store", "\x7f"), "two");
    EXPECT_EQ(row(directory_.path() / "backup-format-1", "\x7f"), std::nullopt);
    EXPECT_EQ(row(directory_.path() / "backup-format-1", meta_key("format").view()),
              encode_number(1));
    EXPECT_TRUE(prepare(3, {}));
}

TEST_F(FormatTest, AMigrationThatFailsChangesNothingAndCanBeTriedAgain) {
    ASSERT_TRUE(prepare(1, {}));
    Migration broken{1, [](engine::WriteTransaction& rows) -> base::Result<void> {
                         SNAPGATE_TRY(rows.put("\x7f", "half"));
                         return Error(Code::kCorrupt, "cannot");
                     }};
    EXPECT_EQ(prepare(2, {broken}).error().code, Code::kCorrupt);
    EXPECT_EQ(row(directory_.path() / "store", "\x7f"), std::nullopt);
    EXPECT_TRUE(prepare(1, {}));
    EXPECT_TRUE(prepare(2, {writes(1, "one")}));
    EXPECT_EQ(row(directory_.path() / "store", "\x7f"), "one");
}

TEST_F(FormatTest, AStepThatIsMissingIsNamed) {
    ASSERT_TRUE(prepare(1, {}));
    auto refused = prepare(3, {writes(1, "one")});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("format 2 to 3"));
}

TEST_F(FormatTest, ADatabaseOfSomethingElseIsRefused) {
    {
        auto environment = open(directory_.path() / "store");
        ASSERT_TRUE(environment);
        auto rows = (*environment)->write();
        ASSERT_TRUE(rows->put("something", "else"));
        ASSERT_TRUE(rows->commit());
    }
    EXPECT_EQ(prepare(1, {}).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::store
