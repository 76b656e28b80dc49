#include "store/audit_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/changed_rows_testing.h"
#include "store/check.h"
#include "store/keys.h"
#include "store/repair.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AuditLinesTest : public ChangedRowsFixture {
  protected:
    void add(const std::string& word) {
        must([&](WriteTxn& txn) { return txn.add_audit_line("{\"w\":\"" + word + "\"}"); });
    }
    bool drop(uint64_t up_to) {
        bool more = false;
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(more, txn.drop_audit_lines(up_to));
            return {};
        });
        return more;
    }
    std::vector<AuditLine> lines(uint64_t after = 0, size_t most_bytes = 1 << 20) {
        auto lines = store_->read().audit_lines(after, most_bytes);
        EXPECT_TRUE(lines);
        return *lines;
    }
    std::vector<std::string> words(uint64_t after = 0, size_t most_bytes = 1 << 20) {
        std::vector<std::string> words;
        for (const AuditLine& line : lines(after, most_bytes))
            words.push_back(line.text.empty() ? "damaged" : line.text.substr(6, 1));
        return words;
    }
    std::vector<uint64_t> numbers() {
        std::vector<uint64_t> numbers;
        for (const AuditLine& line : lines()) numbers.push_back(line.number - first_);
        return numbers;
    }
    std::vector<std::string> faults() {
        store_.reset();
        std::vector<std::string> told;
        EXPECT_TRUE(check_store(directory_.path(),
                                [&told](std::string_view one) { told.emplace_back(one); }));
        return told;
    }

    // The time in microseconds.
    const uint64_t first_ = static_cast<uint64_t>(clock_.now_ms()) * 1000;
};

TEST_F(AuditLinesTest, HaveNumbersWithoutGapsThatBeginAtTheTime) {
    add("a");
    add("b");
    clock_.advance(60'000);
    open();
    add("c");
    EXPECT_THAT(words(), ElementsAre("a", "b", "c"));
    EXPECT_THAT(numbers(), ElementsAre(0, 1, 2));
    EXPECT_THAT(words(first_), ElementsAre("b", "c"));
    EXPECT_THAT(words(0, 20), ElementsAre("a", "b"));
    EXPECT_THAT(words(0, 1), ElementsAre("a")) << "one is always there";
}

TEST_F(AuditLinesTest, ANumberIsNotUsedTwiceWhenAllLinesWereDropped) {
    add("a");
    add("b");
    EXPECT_FALSE(drop(first_ + 1));
    EXPECT_THAT(words(), IsEmpty());
    // The clock is set back: what counts is what was dropped.
    clock_.step(-3'600'000);
    open();
    add("c");
    EXPECT_THAT(numbers(), ElementsAre(2));
    EXPECT_FALSE(drop(first_)) << "a number that is gone already";
    EXPECT_THAT(words(), ElementsAre("c"));
    EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(AuditLinesTest, StayWhenTheFileIsMadeSmaller) {
    add("a");
    add("b");
    drop(first_);
    store_.reset();
    StoreOptions options;
    options.directory = directory_.path();
    ASSERT_TRUE(Store::shrink(options));
    open();
    add("c");
    EXPECT_THAT(words(), ElementsAre("b", "c"));
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(AuditLinesTest, MoreThanOneStepDropsAreLeft) {
    must([](WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 5000; ++i) SNAPGATE_TRY(txn.add_audit_line("{}"));
        return {};
    });
    EXPECT_TRUE(drop(first_ + 4998));
    EXPECT_FALSE(drop(first_ + 4998));
    EXPECT_THAT(numbers(), ElementsAre(4999));
}

TEST_F(AuditLinesTest, AWriteThatFailsHasNoLineAndLeavesNoGap) {
    const ClusterNumber cluster = make_cluster();
    const auto failed = write([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("shop", "a", "vm")));
        SNAPGATE_TRY(txn.add_audit_line("{\"w\":\"x\"}"));
        return base::Error(base::Code::kConflict, "no");
    });
    EXPECT_FALSE(failed);
    add("a");
    EXPECT_THAT(words(), ElementsAre("a"));
    EXPECT_THAT(numbers(), ElementsAre(0));
}

TEST_F(AuditLinesTest, ALineIsAnObjectOfAtMost64KiB) {
    const auto add_text = [&](const std::string& text) {
        return write([&](WriteTxn& txn) { return txn.add_audit_line(text); });
    };
    EXPECT_FALSE(add_text(""));
    EXPECT_FALSE(add_text("word"));
    EXPECT_TRUE(add_text("{" + std::string(kMaxAuditLine - 2, ' ') + "}"));
    EXPECT_FALSE(add_text("{" + std::string(kMaxAuditLine - 1, ' ') + "}"));
}

TEST_F(AuditLinesTest, ADamagedLineIsNamedAndHidesNoOther) {
    for (const char* word : {"a", "b", "c"}) add(word);
    damage_row(audit_key(first_ + 1).view(), [](std::string& bytes) { flip(bytes, 80); });
    open();
    EXPECT_THAT(words(), ElementsAre("a", "damaged", "c"));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("a line of the audit trail")));
    ASSERT_TRUE(repair_store(directory_.path(), [](std::string_view) {}));
    EXPECT_THAT(faults(), IsEmpty());
    open();
    EXPECT_THAT(words(), ElementsAre("a", "c"));
    add("d");
    EXPECT_THAT(numbers(), ElementsAre(0, 2, 3));
}

TEST_F(AuditLinesTest, ADamagedPositionIsMended) {
    add("a");
    add("b");
    drop(first_);
    damage_row(meta_key(kAuditName).view(), [](std::string& bytes) { flip(bytes, 40); });
    EXPECT_THAT(faults(), testing::Not(IsEmpty()));
    ASSERT_TRUE(repair_store(directory_.path(), [](std::string_view) {}));
    EXPECT_THAT(faults(), IsEmpty());
    open();
    add("c");
    EXPECT_THAT(words(), ElementsAre("b", "c"));
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(AuditLinesTest, FsckTellsRowsOfAnotherForm) {
    add("a");
    drop(first_);
    add("b");
    const auto put = [&](const Key& key, std::string_view value) {
        change_rows([&](engine::WriteTransaction& rows) { return rows.put(key.view(), value); });
        auto told = faults();
        change_rows([&](engine::WriteTransaction& rows) -> base::Result<void> {
            SNAPGATE_TRY(rows.erase(key.view()));
            return {};
        });
        return told;
    };
    EXPECT_THAT(put(Key(Table::kAudit).u32(7), "{}"), ElementsAre(HasSubstr("another form")));
    EXPECT_THAT(put(audit_key(first_ + 9), "word"), ElementsAre(HasSubstr("is no JSON object")));
    EXPECT_THAT(put(audit_key(first_), "{}"), ElementsAre(HasSubstr("used twice")));
    EXPECT_THAT(faults(), IsEmpty());
}

}  // namespace
}  // namespace snapgate::store
