#include "store/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "store/restore.h"
#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

class BackupTest : public StoreFixture {
  protected:
    std::string back_up(const std::vector<BackupFile>& files = {}) {
        auto backup = store_->back_up(files);
        EXPECT_TRUE(backup) << backup.error().message;
        std::string out;
        auto more = (*backup)->next(out);
        while (more && *more) more = (*backup)->next(out);
        EXPECT_TRUE(more);
        return out;
    }

    // Into a directory of its own; the pieces have `size` bytes.
    base::Result<Restored> restore(const TestDirectory& directory, std::string_view backup,
                                   size_t size = 1000) {
        std::filesystem::create_directories(directory.path());
        RestoreOptions options;
        options.directory = directory.path();
        options.map_bytes = 1 << 30;
        options.now_ms = clock_.now_ms();
        options.keep_record = [this](RecordType, std::string_view id, std::string_view) {
            return id != dropped_;
        };
        return restore_store(options, [backup, size]() mutable -> base::Result<std::string_view> {
            const std::string_view piece = backup.substr(0, size);
            backup.remove_prefix(piece.size());
            return piece;
        });
    }

    void open_restored(const TestDirectory& directory) {
        StoreOptions other = options();
        other.directory = directory.path();
        open(other);
    }

    std::vector<std::string> objects(ClusterNumber cluster) const {
        std::vector<std::string> out;
        const ReadView view = store_->read();
        auto scan = view.scan(cluster, Kind::kSnapshot, (*view.head(cluster))->revision);
        auto found = scan.seek("", "");
        for (; found && *found; found = scan.next())
            out.push_back(std::string(scan.found().name) + "@" +
                          std::string(scan.found().object.version));
        EXPECT_TRUE(found);
        return out;
    }

    std::string dropped_;
};

// A backup keeps the pages of its state, and the data file grows.
TEST_F(BackupTest, AThirdAtOnceIsRefused) {
    make_cluster();
    auto first = store_->back_up({});
    auto second = store_->back_up({});
    ASSERT_TRUE(first && second);
    const auto third = store_->back_up({});
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Code::kUnavailable);
    EXPECT_TRUE(third.error().retry_after_seconds);
    first->reset();
    EXPECT_TRUE(store_->back_up({}));
    EXPECT_TRUE(store_->back_up({}));
}

TEST_F(BackupTest, HoldsTheStateAndNotItsPast) {
    const ClusterNumber hosted = make_cluster();
    const Revision first = put(hosted, "shop", "a", "vm", "first");
    put(hosted, "shop", "gone");
    const Revision second = put(hosted, "shop", "a", "vm", "second");
    erase(hosted, "shop", "gone");
    const ClusterNumber mirror = make_cluster();
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(mirror, Kind::kSnapshot, make_object("shop", "m", "vm"), "opaque-7"));
        SNAPGATE_TRY(txn.set_list_version(mirror, "opaque-8"));
        SNAPGATE_TRY(txn.put_record(RecordType::kCluster, "c1", "{}"));
        SNAPGATE_TRY(txn.put_record(RecordType::kCluster, "c2", "{}"));
        SNAPGATE_TRY(txn.put_record(RecordType::kProject, "p1", "{}"));
        return txn.put_record(RecordType::kKey, "k1", "{}");
    });
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.open_stage(mirror));
        SNAPGATE_TRY(txn.put(mirror, Kind::kSnapshot, make_object("shop", "staged", "vm"), "9"));
        return {};
    });
    const std::string id = store_->id();
    const Revision before = store_->statistics().revision;

    const std::string backup = back_up({{"token.key", "secret"}});
    const TestDirectory directory;
    dropped_ = "k1";
    auto restored = restore(directory, backup);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->clusters, 2U);
    EXPECT_EQ(restored->snapshots, 2U);
    ASSERT_EQ(restored->files.size(), 1U);
    EXPECT_EQ(restored->files[0].content, "secret");
    EXPECT_GE(restored->first_revision, before + (Revision{1} << 40));

    open_restored(directory);
    EXPECT_NE(store_->id(), id);
    EXPECT_THAT(objects(hosted), ElementsAre("a@" + std::to_string(second)));
    EXPECT_THAT(objects(mirror), ElementsAre("m@opaque-7"));
    const ReadView view = store_->read();
    EXPECT_EQ(*view.count(hosted, Kind::kSnapshot), 1U);
    EXPECT_EQ(*view.count(mirror, Kind::kSnapshot, "shop"), 1U);
    for (const ClusterNumber cluster : {hosted, mirror})
        EXPECT_EQ(*view.bytes(cluster, Kind::kSnapshot), bytes_of(cluster));
    EXPECT_EQ((*view.head(mirror))->version, "opaque-8") << "it is the cluster's own";
    EXPECT_TRUE(*view.revision_of(mirror, "opaque-8"));
    EXPECT_EQ((*view.head(hosted))->version, std::to_string(restored->first_revision));
    auto by_vm = view.scan_vm(hosted, "vm", (*view.head(hosted))->revision);
    EXPECT_TRUE(*by_vm.seek("", ""));
    EXPECT_TRUE(*view.record(RecordType::kProject, "p1"));
    EXPECT_FALSE(*view.record(RecordType::kKey, "k1"));
    // What was handed out before leads nowhere, also where it is newer than the backup.
    for (const Revision old : {first, second, before, before + 5, before + 1'000'000})
        EXPECT_EQ(view.replaced_ms(hosted, old).error().code, Code::kExpired) << old;
}

TEST_F(BackupTest, WritesGoOnAboveEverythingThatWasHandedOut) {
    const ClusterNumber cluster = make_cluster();
    put(cluster, "shop", "a");
    const std::string backup = back_up();
    Revision last = 0;
    for (int i = 0; i < 10; ++i) last = put(cluster, "shop", "lost-" + std::to_string(i));
    const TestDirectory one;
    ASSERT_TRUE(restore(one, backup));
    clock_.advance(1'000);
    const TestDirectory two;
    ASSERT_TRUE(restore(two, backup));
    open_restored(one);
    Revision of_one = 0;
    for (int i = 0; i < 100; ++i) of_one = put(cluster, "shop", "b");
    EXPECT_GT(of_one, last);
    const ClusterNumber newer = make_cluster();
    EXPECT_GT(newer, cluster);
    open_restored(two);
    EXPECT_GT(put(cluster, "shop", "b"), of_one) << "no two restores hand out the same";
}

TEST_F(BackupTest, AnEmptyStoreIsABackup) {
    const std::string backup = back_up();
    const TestDirectory directory;
    ASSERT_TRUE(restore(directory, backup, 1));
    open_restored(directory);
    EXPECT_EQ(make_cluster(), 1U);
}

TEST_F(BackupTest, WhatIsCutOffOrChangedIsRefusedAndLeavesNothing) {
    const ClusterNumber cluster = make_cluster();
    for (int i = 0; i < 5; ++i) put(cluster, "shop", "s" + std::to_string(i));
    const std::string backup = back_up({{"token.key", "secret"}});
    const TestDirectory directory;
    for (size_t length = 0; length < backup.size(); length += 1 + length / 7) {
        auto refused = restore(directory, std::string_view(backup).substr(0, length));
        ASSERT_FALSE(refused) << length;
        EXPECT_EQ(refused.error().code, Code::kCorrupt) << length;
        EXPECT_FALSE(std::filesystem::exists(directory.path() / "store"));
    }
    for (size_t at = 0; at < backup.size(); at += 3) {
        std::string other = backup;
        other[at] = static_cast<char>(other[at] ^ (1 << (at % 8)));
        auto refused = restore(directory, other, 100'000);
        ASSERT_FALSE(refused) << at;
        EXPECT_EQ(refused.error().code, Code::kCorrupt) << refused.error().message;
    }
    EXPECT_THAT(restore(directory, "{\"items\":[]}").error().message, HasSubstr("no backup"));
    EXPECT_FALSE(restore(directory, backup + "x"));
    ASSERT_TRUE(restore(directory, backup));
}

TEST_F(BackupTest, IsOfOneStateWhileOthersWrite) {
    const ClusterNumber cluster = make_cluster();
    for (int i = 0; i < 3'000; ++i)
        put(cluster, "shop", "s" + std::to_string(i), "vm", std::string(500, 'x'));
    auto backup = store_->back_up({});
    ASSERT_TRUE(backup);
    std::string out;
    ASSERT_TRUE(*(*backup)->next(out));
    for (int i = 0; i < 3'000; i += 2) erase(cluster, "shop", "s" + std::to_string(i));
    put(cluster, "shop", "zzz");
    auto more = (*backup)->next(out);
    while (more && *more) more = (*backup)->next(out);
    ASSERT_TRUE(more);
    backup->reset();
    const TestDirectory directory;
    EXPECT_EQ(restore(directory, out, 1 << 20)->snapshots, 3'000U);
}

}  // namespace
}  // namespace snapgate::store
