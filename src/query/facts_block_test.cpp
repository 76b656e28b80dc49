#include "query/facts_block.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

namespace snapgate::query {
namespace {

using facts::Facts;
using facts::State;

// One of each state, with and without each time and cause.
std::vector<Facts> all_facts() {
    std::vector<Facts> all;
    facts::Seconds second = 1000;
    for (const State state : facts::kStates) {
        for (unsigned bits = 0; bits < 64; ++bits) {
            Facts facts;
            facts.state = state;
            facts.consistency = facts::Consistency::kCrash;
            facts.ready = (bits & 1) != 0;
            facts.created = second += 10;
            if ((bits & 2) != 0) facts.taken = second += 10;
            facts.finished = (bits & 4) != 0 ? facts.taken : second += 10;
            if ((bits & 8) != 0) facts.stuck_at = second += 10;
            if ((bits & 16) != 0) facts.cause_class = (bits & 1) != 0 ? "no answer" : "no room";
            facts.silent = (bits & 32) != 0;
            facts.source = second + 1;
            facts.content = second + 2;
            all.push_back(facts);
        }
    }
    return all;
}

std::string name_of_row(size_t index) {
    return fmt::format("s{:04}", index);
}

void expect_row(const FactsBlock& block, size_t index, const Facts& expected) {
    const FactsBlock::Row row = block.row(index);
    EXPECT_EQ(row.facts.state, expected.state);
    EXPECT_EQ(row.facts.consistency, expected.consistency);
    EXPECT_EQ(row.facts.ready, expected.ready);
    EXPECT_EQ(row.facts.silent, expected.silent);
    EXPECT_EQ(row.facts.created, expected.created);
    EXPECT_EQ(row.facts.taken, expected.taken);
    EXPECT_EQ(row.facts.finished, expected.finished);
    EXPECT_EQ(row.facts.stuck_at, expected.stuck_at);
    EXPECT_EQ(row.facts.source, expected.source);
    EXPECT_EQ(row.facts.content, expected.content);
    EXPECT_EQ(row.facts.cause_class, expected.cause_class);
    EXPECT_EQ(row.vm, "vm");
    EXPECT_EQ(row.labels, R"({"tier":"gold"})");
}

std::set<size_t> special_rows(const FactsBlock& block) {
    std::set<size_t> rows;
    for (size_t i = 0; i < block.special_rows(); ++i) {
        rows.insert(block.special_row(i));
        EXPECT_EQ(block.special_finished(i), block.row(block.special_row(i)).facts.finished);
    }
    EXPECT_EQ(rows.size(), block.special_rows());
    return rows;
}

TEST(FactsBlockTest, KeepsTheFactsOfEachRow) {
    const std::vector<Facts> all = all_facts();
    FactsBlockBuilder builder;
    for (size_t i = 0; i < all.size(); ++i)
        builder.add("ns", name_of_row(i), "vm", R"({"tier":"gold"})", all[i]);
    const auto block = builder.finish(7);
    ASSERT_EQ(block->rows(), all.size());
    const std::set<size_t> special = special_rows(*block);
    size_t succeeded = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        expect_row(*block, i, all[i]);
        if (all[i].state != State::kSucceeded) EXPECT_TRUE(special.contains(i));
        if (all[i].state == State::kSucceeded && !special.contains(i)) ++succeeded;
    }
    EXPECT_GT(succeeded, 0U);

    // Every third one goes, and one changes, so that the rest stands in other places.
    FactsBlockBuilder later(*block, 1);
    std::vector<size_t> kept;
    for (size_t i = 0; i < all.size(); ++i) {
        if (i % 3 == 0) continue;
        if (i == 100) {
            later.add("ns", name_of_row(i), "vm", R"({"tier":"gold"})", all[i]);
        } else {
            later.copy(*block, i);
        }
        kept.push_back(i);
    }
    const auto copy = later.finish(8);
    ASSERT_EQ(copy->rows(), kept.size());
    const std::set<size_t> special_later = special_rows(*copy);
    for (size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(copy->place(i).second, name_of_row(kept[i]));
        expect_row(*copy, i, all[kept[i]]);
        EXPECT_EQ(special_later.contains(i), special.contains(kept[i]));
    }
}

TEST(FactsBlockTest, SpansHoldTheTimesOfItsRows) {
    FactsBlockBuilder builder;
    Facts good;
    good.state = State::kSucceeded;
    good.created = 10;
    good.taken = good.finished = 90;
    builder.add("ns", "a", "vm", "", good);
    Facts failed;
    failed.state = State::kFailed;
    failed.created = 40;
    failed.finished = 60;
    builder.add("ns", "b", "vm", "", failed);
    failed.created = 50;
    failed.finished = 0;
    builder.add("ns", "c", "vm", "", failed);
    const auto block = builder.finish(1);
    EXPECT_EQ(block->spans(false).created.first, 10U);
    EXPECT_EQ(block->spans(false).created.last, 50U);
    EXPECT_EQ(block->spans(false).finished.first, 60U);
    EXPECT_EQ(block->spans(false).finished.last, 90U);
    EXPECT_EQ(block->spans(true).created.first, 40U);
    EXPECT_EQ(block->spans(true).created.last, 50U);
    EXPECT_EQ(block->spans(true).finished.first, 60U);
    EXPECT_EQ(block->spans(true).finished.last, 60U);
    EXPECT_EQ(FactsBlockBuilder().finish(1)->spans(false).created.last, 0U);
}

}  // namespace
}  // namespace snapgate::query
