#include "store/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/clock_testing.h"
#include "base/encoding.h"
#include "store/format.h"
#include "store/keys.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::string_view kId = "0123456789abcdef";
constexpr ClusterNumber kCluster = 1;

// A store as format 1 had it: hosted cluster 1 with the object "shop/kept" at revision 3, and
// "shop/gone", deleted at revision 4. Rows had no checksums, and states were counted from zero.
class MigrationTest : public testing::Test {
  protected:
    void make_old(const fs::path& store) {
        auto environment = engine::Environment::open({.directory = store, .map_bytes = 1 << 30});
        ASSERT_TRUE(environment) << environment.error().message;
        auto rows = (*environment)->write();
        ASSERT_TRUE(rows);
        const auto put = [&rows](std::string_view key, std::string_view value) {
            ASSERT_TRUE(rows->put_plain(key, value));
        };
        put(meta_key("format").view(), encode_number(1));
        put(meta_key(kIdName).view(), kId);
        put(meta_key(kSequenceName).view(), encode(Sequence{5, 2, 1'000}));
        std::string cluster;
        base::append_u64(4, cluster);
        base::append_u64(1'000, cluster);
        base::append_u64(1, cluster);
        cluster += '\0';  // no stage
        put(cluster_key(Table::kCluster, kCluster).view(), cluster);
        put(head_key(kCluster, 1).view(), encode(HeadRow{900, ""}));
        put(head_key(kCluster, 4).view(), encode(HeadRow{1'000, ""}));
        put(count_key(Table::kCount, kCluster, Kind::kSnapshot).view(), encode_number(1));
        put(count_key(Table::kCount, kCluster, Kind::kSnapshot, "shop").view(), encode_number(1));
        put(object_key(kCluster, Kind::kSnapshot, "shop", "gone", 4).view(),
            std::string_view("\0", 1));
        for (const auto& [name, revision] :
             {std::pair("gone", Revision{2}), std::pair("kept", Revision{3})}) {
            std::string value = "\1";
            model::encode_object(make_object("shop", name, "vm", "filler"),
                                 std::to_string(revision), value);
            put(object_key(kCluster, Kind::kSnapshot, "shop", name, revision).view(), value);
        }
        ASSERT_TRUE(rows->commit());
    }

    base::Result<std::unique_ptr<Store>> open() {
        StoreOptions options;
        options.directory = directory_.path();
        options.map_bytes = 1 << 30;
        options.clock = &clock_;
        options.background_compaction = false;
        return Store::open(options);
    }

    void expect_migrated(bool beside_damage = false) {
        auto store = open();
        ASSERT_TRUE(store) << store.error().message;
        EXPECT_EQ((*store)->id(), kId);
        EXPECT_EQ((*store)->statistics().revision, 4U);
        const ReadView view = (*store)->read();
        EXPECT_EQ(*view.count(kCluster, Kind::kSnapshot), 1U);
        EXPECT_EQ(*view.bytes(kCluster, Kind::kSnapshot),
                  (*view.newest(kCluster, Kind::kSnapshot, "shop", "kept"))->object.text.size());
        auto kept = view.newest(kCluster, Kind::kSnapshot, "shop", "kept");
        ASSERT_TRUE(kept && *kept);
        EXPECT_EQ((*kept)->object.version, "3");
        EXPECT_EQ((*kept)->object.vm, "vm");
        const auto gone = view.newest(kCluster, Kind::kSnapshot, "shop", "gone");
        if (beside_damage) {
            // That an object is not there is said only where all rows around its place are whole.
            ASSERT_FALSE(gone);
            EXPECT_EQ(gone.error().code, base::Code::kCorrupt);
        } else {
            ASSERT_TRUE(gone) << gone.error().message;
            EXPECT_FALSE(*gone);
        }
        EXPECT_TRUE(*view.get(kCluster, Kind::kSnapshot, "shop", "gone", 3)) << "history";
    }

    fs::path path(std::string_view name) const { return directory_.path() / name; }

    base::TestClock clock_;
    TestDirectory directory_;
};

TEST_F(MigrationTest, AnOldStoreIsReadAndTheOldFileStays) {
    make_old(path("store"));
    expect_migrated();
    EXPECT_FALSE(fs::exists(path("store.migrating")));
    expect_migrated();

    // The way back: the old file in its place again, which migrates once more.
    fs::remove_all(path("store"));
    fs::rename(path("backup-format-1"), path("store"));
    expect_migrated();
}

TEST_F(MigrationTest, OneThatWasCutOffIsBegunAgain) {
    make_old(path("store"));
    fs::create_directories(path("store.migrating"));
    expect_migrated();
}

TEST_F(MigrationTest, OneThatWasCutOffBetweenTheRenamingsIsFinished) {
    make_old(path("store"));
    expect_migrated();
    fs::rename(path("store"), path("store.migrating"));
    expect_migrated();
    EXPECT_TRUE(fs::exists(path("backup-format-1")));
}

TEST_F(MigrationTest, AnEarlierBackupIsNotOverwritten) {
    make_old(path("store"));
    fs::create_directories(path("backup-format-1"));
    auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("move it away"));
    fs::remove_all(path("backup-format-1"));
    expect_migrated();
}

TEST_F(MigrationTest, ADamagedObjectIsToldAndTheOthersAreThere) {
    make_old(path("store"));
    {
        auto environment =
            engine::Environment::open({.directory = path("store"), .map_bytes = 1 << 30});
        auto rows = (*environment)->write();
        ASSERT_TRUE(rows->put_plain(object_key(kCluster, Kind::kSnapshot, "shop", "torn", 4).view(),
                                    "\1not an object"));
        ASSERT_TRUE(rows->commit());
    }
    expect_migrated(true);
    auto store = open();
    ASSERT_TRUE(store);
    auto torn = (*store)->read().newest(kCluster, Kind::kSnapshot, "shop", "torn");
    ASSERT_FALSE(torn);
    EXPECT_EQ(torn.error().code, base::Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::store
