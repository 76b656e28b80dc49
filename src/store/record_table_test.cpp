#include "store/record_table.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/environment_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::store {
namespace {

// Its value is its owner, a dot, and its name.
struct Row {
    static constexpr RecordType kType = RecordType::kKey;

    std::string project;
    std::string name;

    std::string_view owner() const { return project; }
    static base::Result<Row> parse(std::string_view /*id*/, std::string_view value) {
        const size_t dot = value.find('.');
        return Row{std::string(value.substr(0, dot)), std::string(value.substr(dot + 1))};
    }
    std::string value() const { return project + "." + name; }
};
using Table = RecordTable<Row>;
using Model = std::map<std::string, std::string>;

void expect_same(const Table::Rows& rows, const Model& model) {
    ASSERT_EQ(rows.size(), model.size());
    std::map<std::string, uint64_t, std::less<>> counts;
    for (const auto& [id, row] : rows) {
        ASSERT_TRUE(model.contains(id)) << id;
        EXPECT_EQ(row.value(), model.at(id));
        EXPECT_EQ(rows.id_of(row.project, row.name), id);
        ++counts[row.project];
    }
    for (const std::string project : {"", "a", "b", "c"})
        EXPECT_EQ(rows.count_of(project), counts[project]) << project;
    EXPECT_EQ(rows.id_of("a", "no such name"), std::nullopt);
}

// Random writes, also several of one commit: what a write sees, and what the table has after the
// commit, are the rows of a simple model.
TEST(RecordTableTest, ARandomHistoryIsSeenByWritesAndAfterThem) {
    const uint64_t seed = base::environment_number("SNAPGATE_SEED", std::random_device()());
    SCOPED_TRACE("run again with SNAPGATE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    TemporaryStore store;
    Table table;
    Model model;
    for (int commit = 0; commit < 60; ++commit) {
        // Now and then so many that all rows are read again.
        const uint64_t changes = random() % 20 == 0 ? 200 : random() % 5;
        Model next;
        const auto changed = std::make_shared<std::vector<ChangedRecord>>();
        const WriteFunction write = [&](WriteTxn& txn) -> base::Result<void> {
            next = model;
            for (uint64_t i = 0; i < changes; ++i) {
                const std::string id = "id-" + std::to_string(random() % 300);
                if (random() % 3 == 0) {
                    next.erase(id);
                    SNAPGATE_TRY(txn.erase_record(Row::kType, id));
                } else {
                    // Names of rows do not collide.
                    const Row row{std::string(1, "abc"[random() % 3]),
                                  id + "-" + std::to_string(random() % 3)};
                    next[id] = row.value();
                    SNAPGATE_TRY(txn.put_record(Row::kType, id, row.value()));
                }
                if (i % 16 > 0) continue;
                SNAPGATE_ASSIGN(const auto seen, Table::within(txn, &table));
                expect_same(*seen, next);
            }
            // A record of another type is none of the table's.
            SNAPGATE_TRY(txn.put_record(RecordType::kProject, "id-1", "x.y"));
            SNAPGATE_ASSIGN(const auto all, Table::within(txn, nullptr));
            expect_same(*all, next);
            return {};
        };
        ASSERT_TRUE(store->write_and_wait(Priority::kRequest, noting_records(write, changed)));
        const auto before = table.snapshot();
        ASSERT_TRUE(table.reload(store->read(), *changed));
        expect_same(*before, model);
        model = next;
        expect_same(*table.snapshot(), model);
        if (HasFailure()) break;
    }
    Table fresh;
    ASSERT_TRUE(fresh.reload(store->read()));
    expect_same(*fresh.snapshot(), model);
}

// Counts how often a row is parsed.
struct CountedRow : Row {
    static base::Result<CountedRow> parse(std::string_view id, std::string_view value) {
        ++parsed;
        SNAPGATE_ASSIGN(Row row, Row::parse(id, value));
        return CountedRow{std::move(row)};
    }
    static inline size_t parsed = 0;
};

// Many writes that share a commit, as those that wait at the same time do: none of them reads the
// rows that were there before, or what another one has changed.
TEST(RecordTableTest, AWriteReadsWhatItChangedHoweverManyRowsThereAre) {
    constexpr size_t kWrites = 100;
    for (const size_t count : {10U, 10'000U}) {
        SCOPED_TRACE(count);
        TemporaryStore store;
        ASSERT_TRUE(
            store->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                for (size_t i = 0; i < count; ++i) {
                    const Row row{"a", "old-" + std::to_string(i)};
                    SNAPGATE_TRY(txn.put_record(Row::kType, row.name, row.value()));
                }
                return {};
            }));
        RecordTable<CountedRow> table;
        ASSERT_TRUE(table.reload(store->read()));
        std::vector<std::shared_ptr<std::vector<ChangedRecord>>> changed;
        std::vector<WriteFunction> group;
        for (size_t i = 0; i < kWrites; ++i) {
            const auto write = [&table, count, i](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(const auto seen, RecordTable<CountedRow>::within(txn, &table));
                EXPECT_EQ(seen->size(), count + i);
                const Row row{"b", "new-" + std::to_string(i)};
                return txn.put_record(Row::kType, row.name, row.value());
            };
            changed.push_back(std::make_shared<std::vector<ChangedRecord>>());
            group.push_back(noting_records(write, changed.back()));
        }
        CountedRow::parsed = 0;
        ASSERT_TRUE(
            store->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                for (const WriteFunction& write : group) SNAPGATE_TRY(write(txn));
                return {};
            }));
        // The last one is seen by none of them.
        EXPECT_EQ(CountedRow::parsed, kWrites - 1);
        CountedRow::parsed = 0;
        for (const auto& one : changed) ASSERT_TRUE(table.reload(store->read(), *one));
        EXPECT_EQ(CountedRow::parsed, kWrites);
        EXPECT_EQ(table.snapshot()->size(), count + kWrites);
    }
}

// What a write that failed has changed is not seen by the writes beside it.
TEST(RecordTableTest, AWriteThatFailedLeavesNothing) {
    TemporaryStore store;
    Table table;
    const auto changed = std::make_shared<std::vector<ChangedRecord>>();
    EXPECT_FALSE(store->write_and_wait(
        Priority::kRequest, noting_records(
                                [](WriteTxn& txn) -> base::Result<void> {
                                    SNAPGATE_TRY(txn.put_record(Row::kType, "1", "a.x"));
                                    return base::Error(base::Code::kConflict, "it failed");
                                },
                                changed)));
    EXPECT_TRUE(changed->empty());
    ASSERT_TRUE(store->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(const auto seen, Table::within(txn, &table));
        EXPECT_TRUE(seen->empty());
        return {};
    }));
}

}  // namespace
}  // namespace snapgate::store
