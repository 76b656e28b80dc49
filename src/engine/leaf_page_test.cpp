#include "engine/leaf_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "engine/data_file_testing.h"
#include "engine/lmdb_file.h"
#include "engine/page_check.h"

namespace snapgate::engine {
namespace {

class LeafPageTest : public DataFileFixture {
  protected:
    // Rows of one commit in order, so that the pages of all of them are in use.
    void SetUp() override {
        auto environment = open();
        auto txn = environment->write();
        for (unsigned i = 0; i < 300; ++i) {
            const std::string key = "key-" + std::to_string(1000 + i);
            ASSERT_TRUE(txn->put(key, std::string(i % 40 == 0 ? 6'000U : i % 200, 'v')));
        }
        ASSERT_TRUE(txn->commit());
        environment.reset();
        std::ifstream in(file(), std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(in), {});
        for (size_t page = 2; page < bytes_.size() / kPage; ++page) {
            if (is_sound_leaf(page_of(page))) leaves_.push_back(page);
        }
    }

    std::string_view page_of(size_t page) const {
        return std::string_view(bytes_).substr(page * kPage, kPage);
    }

    // Whether the check of the whole file finds a fault.
    bool file_has_fault() const {
        std::ofstream(file(), std::ios::binary) << bytes_;
        const auto report = check_pages(file());
        EXPECT_TRUE(report);
        return report && !report->clean();
    }

    std::string bytes_;
    std::vector<size_t> leaves_;
};

TEST_F(LeafPageTest, WhatLmdbWritesIsSoundAndOtherPagesAreNoLeaves) {
    EXPECT_GE(leaves_.size(), 5U);
    EXPECT_FALSE(is_sound_leaf(page_of(0)));
    EXPECT_FALSE(is_sound_leaf(std::string(kPage, '\0')));
}

TEST_F(LeafPageTest, NoPageLosesHalfOfItself) {
    for (const size_t page : leaves_) {
        std::string half(page_of(page));
        half.replace(kPage / 2, std::string::npos, kPage / 2, '\0');
        EXPECT_FALSE(is_sound_leaf(half)) << page;
    }
}

// What a search for keys goes by. A page whose number of itself is wrong holds the same rows.
TEST_F(LeafPageTest, EveryBitOfAHeadAndOfThePlacesOfRowsCounts) {
    const std::string_view page = page_of(leaves_[1]);
    const size_t end = lmdb::load<uint16_t>(page, lmdb::kPageLowerAt);
    for (size_t bit = lmdb::kPageFlagsAt * 8; bit < end * 8; ++bit) {
        std::string damaged(page);
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(is_sound_leaf(damaged)) << bit;
    }
}

TEST_F(LeafPageTest, TheCheckOfTheFileFindsAllThatThisOneFinds) {
    std::mt19937 chance(7);
    size_t found = 0;
    for (int round = 0; round < 400; ++round) {
        const size_t at = leaves_[chance() % leaves_.size()] * kPage;
        const std::string whole = bytes_;
        for (unsigned i = 0; i <= chance() % 3; ++i)
            bytes_[at + chance() % kPage] = static_cast<char>(chance());
        if (!is_sound_leaf(std::string_view(bytes_).substr(at, kPage))) {
            ++found;
            EXPECT_TRUE(file_has_fault()) << round;
        }
        bytes_ = whole;
    }
    EXPECT_GT(found, 40U);
}

}  // namespace
}  // namespace snapgate::engine
