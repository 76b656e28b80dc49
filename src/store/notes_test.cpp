#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NotesTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
    }

    void note(ClusterNumber cluster, NoteType type, const std::string& key,
              const std::string& value) {
        must([&](WriteTxn& txn) { return txn.put_note(cluster, type, key, value); });
    }

    std::vector<std::string> keys(ClusterNumber cluster, NoteType type, std::string_view prefix,
                                  std::string_view after = "", size_t max = 100) {
        const auto notes = store_->read().notes(cluster, type, prefix, after, max);
        EXPECT_TRUE(notes);
        std::vector<std::string> keys;
        for (const auto& [key, value] : *notes) keys.push_back(key + "=" + value);
        return keys;
    }

    ClusterNumber cluster_ = 0;
};

TEST_F(NotesTest, AreReadInOrderFromAPlaceOn) {
    for (const char* key : {"b/2", "a/1", "b/1", "b/3", "c"})
        note(cluster_, NoteType::kDependent, key, "x");
    note(cluster_, NoteType::kCollect, "b/9", "y");
    note(make_cluster(), NoteType::kDependent, "b/8", "z");
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, "b/"), ElementsAre("b/1=x", "b/2=x", "b/3=x"));
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, "b/", "b/1", 1), ElementsAre("b/2=x"));
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, "b/", "b/3"), IsEmpty());
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, ""),
                ElementsAre("a/1=x", "b/1=x", "b/2=x", "b/3=x", "c=x"));
    EXPECT_THAT(keys(cluster_, NoteType::kCollect, ""), ElementsAre("b/9=y"));
}

TEST_F(NotesTest, AreSeenWithinTheirTransactionAndStayAfterwards) {
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put_note(cluster_, NoteType::kDependent, "a", "1"));
        EXPECT_EQ(txn.note(cluster_, NoteType::kDependent, "a").value(), "1");
        EXPECT_TRUE(txn.has_notes(cluster_, NoteType::kDependent, "").value());
        EXPECT_FALSE(txn.has_notes(cluster_, NoteType::kDependent, "b").value());
        EXPECT_FALSE(txn.note(cluster_, NoteType::kCollect, "a").value());
        return {};
    });
    open();
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, ""), ElementsAre("a=1"));
    must([&](WriteTxn& txn) { return txn.erase_note(cluster_, NoteType::kDependent, "a"); });
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, ""), IsEmpty());
}

TEST_F(NotesTest, GoWithTheirCluster) {
    note(cluster_, NoteType::kDependent, "a", "1");
    must([&](WriteTxn& txn) { return txn.delete_cluster(cluster_); });
    ASSERT_TRUE(store_->compact());
    EXPECT_THAT(keys(cluster_, NoteType::kDependent, ""), IsEmpty());
    const auto late = write(
        [&](WriteTxn& txn) { return txn.put_note(cluster_, NoteType::kDependent, "a", "1"); });
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, base::Code::kNotFound);
}

TEST_F(NotesTest, HaveKeysOfAtMost500Bytes) {
    const auto put = [&](size_t size) {
        return write([&](WriteTxn& txn) {
            return txn.put_note(cluster_, NoteType::kDependent, std::string(size, 'k'), "");
        });
    };
    EXPECT_TRUE(put(500));
    EXPECT_FALSE(put(501));
}

}  // namespace
}  // namespace snapgate::store
