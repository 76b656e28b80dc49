#include "engine/page_check.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/data_file_testing.h"
#include "engine/lmdb_file.h"

namespace snapgate::engine {
namespace {

constexpr size_t kChecksumBytes = 4;  // before each value

// A file that LMDB wrote, as bytes that a test damages.
class PageCheckTest : public DataFileFixture {
  protected:
    // Random commits: short and long values, rows that are overwritten and erased.
    Rows write(unsigned seed, int commits) const {
        std::mt19937 chance(seed);
        Rows rows;
        auto environment = open();
        for (int commit = 0; commit < commits; ++commit) {
            auto txn = environment->write();
            EXPECT_TRUE(txn);
            for (int i = 0; i < 400; ++i) {
                const std::string key =
                    "key-" + std::to_string(chance() % 5'000) + std::string(chance() % 200, 'k');
                if (chance() % 4 == 0 && !rows.empty()) {
                    auto at = rows.lower_bound(key);
                    if (at == rows.end()) at = rows.begin();
                    EXPECT_TRUE(txn->erase(at->first));
                    rows.erase(at);
                } else {
                    const size_t most = chance() % 8 == 0 ? 20'000 : 600;
                    rows[key] = std::string(chance() % most, 'v');
                    EXPECT_TRUE(txn->put(key, rows[key]));
                }
            }
            EXPECT_TRUE(txn->commit());
        }
        return rows;
    }

    void load() {
        std::ifstream in(file(), std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(in), {});
    }

    PageReport check(const RowVisitor& visit = {}) const {
        std::ofstream(file(), std::ios::binary) << bytes_;
        auto report = check_pages(file(), visit);
        EXPECT_TRUE(report);
        return report ? *report : PageReport{};
    }

    // The newest commit.
    lmdb::Meta meta() const {
        auto of = [&](size_t page) { return lmdb::load<uint64_t>(bytes_, page * kPage + 144); };
        const size_t at = of(0) < of(1) ? kPage : 0;
        lmdb::Meta meta;
        meta.free_pages.root = lmdb::load<uint64_t>(bytes_, at + 80);
        meta.rows.depth = lmdb::load<uint16_t>(bytes_, at + 94);
        meta.rows.root = lmdb::load<uint64_t>(bytes_, at + 128);
        meta.last_page = lmdb::load<uint64_t>(bytes_, at + 136);
        return meta;
    }

    // The page to which an entry of a branch leads.
    uint64_t below(uint64_t page, size_t entry) const {
        const size_t at = at_of(page, entry);
        return lmdb::load<uint32_t>(bytes_, at) |
               static_cast<uint64_t>(lmdb::load<uint16_t>(bytes_, at + 4)) << 32U;
    }
    size_t at_of(uint64_t page, size_t entry) const {
        return page * kPage + lmdb::load<uint16_t>(bytes_, page * kPage + 16 + 2 * entry);
    }
    uint64_t a_leaf() const {
        uint64_t page = meta().rows.root;
        for (int level = 1; level < meta().rows.depth; ++level) page = below(page, 1);
        return page;
    }

    template <class T>
    void put(size_t at, T value) {
        std::memcpy(bytes_.data() + at, &value, sizeof(value));
    }

    // The check finds a fault of this page in these words.
    void expect_fault(uint64_t page, const std::string& words) const {
        const PageReport report = check();
        std::string all;
        for (const PageFault& fault : report.faults) {
            if (fault.page == page && fault.what.find(words) != std::string::npos) {
                EXPECT_EQ(fault.offset / kPage, page);
                return;
            }
            all += std::to_string(fault.page) + ": " + fault.what + "\n";
        }
        ADD_FAILURE() << "no fault of page " << page << " says \"" << words << "\":\n" << all;
    }

    std::string bytes_;
};

TEST_F(PageCheckTest, WhateverLmdbWritesIsClean) {
    ASSERT_TRUE(open());
    load();
    EXPECT_TRUE(check().clean()) << "an empty file";
    for (unsigned seed = 1; seed <= 6; ++seed) {
        std::filesystem::remove(file());
        const Rows rows = write(seed, static_cast<int>(seed) * 7);
        load();
        Rows seen;  // without their checksums
        const PageReport report = check([&seen](std::string_view key, std::string_view value) {
            seen.emplace(key, value.substr(kChecksumBytes));
        });
        EXPECT_TRUE(report.clean()) << report.faults[0].page << ": " << report.faults[0].what;
        EXPECT_EQ(seen, rows);
        EXPECT_EQ(report.rows, rows.size());
        EXPECT_EQ(report.pages * kPage, bytes_.size());
        EXPECT_GT(report.free_pages, 0U);
        EXPECT_EQ(report.used_pages + report.free_pages + report.stray_pages, report.pages);
        EXPECT_EQ(report.stray_pages, 0U);
        EXPECT_TRUE(report.lost.empty());
    }
}

TEST_F(PageCheckTest, ACompactCopyIsClean) {
    const Rows rows = write(3, 9);
    ASSERT_TRUE(open()->copy_to(directory_ / "copy.mdb"));
    auto report = check_pages(directory_ / "copy.mdb");
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->clean()) << report->faults[0].what;
    EXPECT_EQ(report->rows, rows.size());
}

TEST_F(PageCheckTest, EachKindOfDamageIsTold) {
    write(1, 20);
    load();
    const std::string good = bytes_;
    const uint64_t root = meta().rows.root;
    const uint64_t leaf = a_leaf();
    ASSERT_GE(meta().rows.depth, 2);
    auto again = [&] { bytes_ = good; };

    put<uint16_t>(leaf * kPage + 10, 0x42);
    expect_fault(leaf, "has the flags 0x42");
    again();
    put<uint16_t>(leaf * kPage + 12, 5000);
    expect_fault(leaf, "their places up to byte 5000");
    again();
    put<uint16_t>(leaf * kPage + 14, 60'000);
    expect_fault(leaf, "has entries from byte 60000");
    again();
    put<uint16_t>(leaf * kPage + 12, 16);
    expect_fault(leaf, "has 0 entries");
    again();
    bytes_.replace(leaf * kPage, kPage, kPage, '\0');
    expect_fault(leaf, "calls itself page 0");
    again();
    bytes_.replace(leaf * kPage, kPage, good, root * kPage, kPage);
    expect_fault(leaf, "calls itself page " + std::to_string(root));
    again();
    put<uint16_t>(leaf * kPage + 16, 4090);
    expect_fault(leaf, "outside of its entries");
    again();
    put<uint32_t>(at_of(leaf, 1), 0x7fff'ffff);
    expect_fault(leaf, "longer than the page");
    again();
    put<uint32_t>(at_of(leaf, 1), lmdb::load<uint32_t>(good, at_of(leaf, 1)) ^ 2U);
    expect_fault(leaf, "leave a gap");
    again();
    put<uint16_t>(at_of(leaf, 1) + 4, 4);
    expect_fault(leaf, "has the flags 0x4 in its entry 1");
    again();
    put<uint16_t>(at_of(leaf, 1) + 6, 0);
    expect_fault(leaf, "has a key of 0 bytes");
    again();
    put<char>(at_of(leaf, 0) + 8, '\x7f');
    expect_fault(leaf, "out of order");
    expect_fault(leaf, "leaves to another page");
    again();
    put<uint32_t>(at_of(root, 1), 0x7fff'ffff);
    expect_fault(root, "leads to page 2147483647");
    again();
    put<uint32_t>(at_of(root, 1), static_cast<uint32_t>(root));
    expect_fault(root, "leads to page " + std::to_string(root) + ", which is in use already");
    again();
    put<uint32_t>(at_of(root, 1), static_cast<uint32_t>(below(root, 0)));
    expect_fault(root, "which is in use already");
    again();
    put<uint32_t>(at_of(root, 1), 1);
    expect_fault(root, "leads to page 1,");
}

TEST_F(PageCheckTest, DamageOfLongValuesIsTold) {
    write(2, 10);
    load();
    const std::string good = bytes_;
    uint64_t first = 0;
    for (uint64_t page = 2; page * kPage < bytes_.size() && first == 0; ++page) {
        // An overflow page that is in use: a damaged one is told.
        if (lmdb::load<uint64_t>(bytes_, page * kPage) != page ||
            lmdb::load<uint16_t>(bytes_, page * kPage + 10) != lmdb::kOverflowPage)
            continue;
        put<uint16_t>(page * kPage + 10, lmdb::kLeafPage);
        if (!check().clean()) first = page;
        bytes_ = good;
    }
    ASSERT_NE(first, 0U);
    put<uint64_t>(first * kPage, first + 1);
    expect_fault(first, "is not the first page of the long value");
    bytes_ = good;
    put<uint32_t>(first * kPage + 12, 0x1000'0000);
    expect_fault(first, "begins a long value of 268435456 pages");
    bytes_ = good;
    put<uint32_t>(first * kPage + 12, 0);
    expect_fault(first, "begins a long value of 0 pages");
}

TEST_F(PageCheckTest, DamageOfTheFirstPagesIsTold) {
    write(1, 3);  // commit 3 is on page 1
    load();
    const std::string good = bytes_;
    for (size_t page : {0U, 1U}) {
        bytes_.replace(page * kPage, kPage, kPage, '\0');
        expect_fault(page, "is not what LMDB writes there");
        EXPECT_GT(check().rows, 0U) << "the other one still leads to rows";
        bytes_ = good;
    }
    put<uint64_t>(144, 9);
    expect_fault(0, "they hold the commits 9 and 3");
    bytes_ = good;
    put<uint64_t>(kPage + 128, 1);
    expect_fault(0, "names page 1 as the root");
    bytes_ = good;
    put<uint16_t>(kPage + 92, 4);
    expect_fault(0, "names the flags 0x8 and 0x4 of its trees");
    bytes_ = good;
    put<uint64_t>(kPage + 120, 77);
    expect_fault(1, "says that there are 77 entries of the rows");
    bytes_ = good;
    put<uint16_t>(kPage + 94, 7);
    EXPECT_FALSE(check().clean()) << "of a depth that the tree has not";
    bytes_.resize(100);
    EXPECT_FALSE(check().clean());
}

TEST_F(PageCheckTest, AFreePageInUseIsTold) {
    write(1, 12);
    load();
    const std::string good = bytes_;
    const uint64_t root = meta().free_pages.root;
    ASSERT_EQ(lmdb::load<uint16_t>(bytes_, root * kPage + 10), lmdb::kLeafPage);
    // The list of the oldest commit: on the leaf, or on a page of its own.
    const bool is_long = lmdb::load<uint16_t>(bytes_, at_of(root, 0) + 4) == lmdb::kOverflowValue;
    const size_t list = is_long ? lmdb::load<uint64_t>(bytes_, at_of(root, 0) + 16) * kPage + 16
                                : at_of(root, 0) + 16;
    ASSERT_GT(lmdb::load<uint64_t>(bytes_, list), 0U);
    put<uint64_t>(list + 8, root);
    expect_fault(root, "lists page " + std::to_string(root));
    bytes_ = good;
    put<uint64_t>(list + 8, meta().last_page + 1);
    expect_fault(root, "lists page " + std::to_string(meta().last_page + 1));
    bytes_ = good;
    put<uint64_t>(list, 1'000'000);
    expect_fault(root, "has a list of free pages that is cut off");
    bytes_ = good;
    put<uint64_t>(at_of(root, 0) + 8, 0);
    expect_fault(root, "lists pages that commit 0 freed");
}

TEST_F(PageCheckTest, ACutFileIsTold) {
    write(1, 3);
    load();
    const std::string good = bytes_;
    for (size_t pages = good.size() / kPage - 1; pages > 2; pages -= 3) {
        bytes_ = good.substr(0, pages * kPage);
        EXPECT_FALSE(check().clean()) << pages;
    }
}

TEST_F(PageCheckTest, TheRowsAroundADamagedPageAreRead) {
    const Rows rows = write(1, 20);
    load();
    const uint64_t leaf = a_leaf();
    bytes_.replace(leaf * kPage, kPage, kPage, '\0');
    Rows seen;  // without their checksums
    const PageReport report = check([&seen](std::string_view key, std::string_view value) {
        seen.emplace(key, value.substr(kChecksumBytes));
    });
    EXPECT_EQ(report.fault_count, 1U);
    ASSERT_EQ(report.lost.size(), 1U);
    ASSERT_TRUE(report.lost[0].to);
    Rows expected = rows;
    expected.erase(expected.lower_bound(report.lost[0].from),
                   expected.lower_bound(*report.lost[0].to));
    EXPECT_LT(expected.size(), rows.size());
    EXPECT_GT(expected.size(), rows.size() / 2);
    EXPECT_EQ(seen, expected);
}

// Whether LMDB, in a process of its own, reads every row of the file without a signal. A file that
// the check calls clean must never lead LMDB astray.
bool lmdb_survives(const std::filesystem::path& directory) {
    const pid_t child = fork();
    if (child == 0) {
        auto opened = Environment::open({directory, 1 << 30, 16});
        if (!opened) _exit(0);
        auto txn = (*opened)->read();
        if (!txn) _exit(0);
        auto cursor = txn->cursor();
        uint64_t sum = 0;
        auto found = cursor->seek(std::string_view("\0", 1));
        while (found && *found) {
            for (const char byte : cursor->stored()) sum += static_cast<unsigned char>(byte);
            found = cursor->next();
        }
        _exit(sum == 1 ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status);
}

TEST_F(PageCheckTest, AFileThatIsCleanLeadsLmdbNowhere) {
    write(5, 2);
    load();
    const std::string good = bytes_;
    std::mt19937 chance(7);
    size_t faulty = 0;
    for (int round = 0; round < 200; ++round) {
        bytes_ = good;
        // Headers and places of entries, rather than values.
        size_t page = chance() % (good.size() / kPage);
        while (lmdb::load<uint64_t>(good, page * kPage) != page) --page;
        const size_t at = page * kPage + chance() % 64;
        bytes_[at] =
            static_cast<char>(static_cast<unsigned char>(bytes_[at]) ^ (1U << chance() % 8));
        if (!check().clean()) {
            ++faulty;
        } else {
            EXPECT_TRUE(lmdb_survives(directory_)) << "byte " << at;
        }
    }
    EXPECT_GT(faulty, 20U);
}

// Passes over the file in parts, and returns the keys that were seen, in order.
std::vector<std::string> keys_in_parts(const std::filesystem::path& file, Environment* environment,
                                       PartReport& all) {
    std::vector<std::string> keys;
    std::optional<std::string> from = "";
    while (from) {
        std::optional<ReadTransaction> held;
        if (environment != nullptr) held.emplace(*environment->read());
        auto part = check_part(file, *from, 10'000, [&](std::string_view key, std::string_view) {
            keys.emplace_back(key);
        });
        EXPECT_TRUE(part);
        if (!part) break;
        for (const PageFault& fault : part->faults) all.faults.push_back(fault);
        all.fault_count += part->fault_count;
        all.rows += part->rows;
        EXPECT_TRUE(!part->next || *part->next > *from);
        from = part->next;
    }
    return keys;
}

TEST_F(PageCheckTest, PartsShowEachRowOnceWhileTheFileIsWritten) {
    const Rows rows = write(7, 40);
    const auto environment = open();
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        std::mt19937 chance(8);
        while (!stop) {
            auto txn = environment->write();
            for (int i = 0; i < 50; ++i) {
                auto at = rows.lower_bound("key-" + std::to_string(chance() % 5'000));
                if (at == rows.end()) at = rows.begin();
                EXPECT_TRUE(txn->put(at->first, std::string(chance() % 9'000, 'w')));
            }
            EXPECT_TRUE(txn->commit());
        }
    });
    std::vector<std::string> expected;
    for (const auto& [key, value] : rows) expected.push_back(key);
    for (int pass = 0; pass < 5; ++pass) {
        PartReport all;
        EXPECT_EQ(keys_in_parts(file(), environment.get(), all), expected);
        EXPECT_EQ(all.fault_count, 0U) << all.faults.front().page << " " << all.faults.front().what;
        EXPECT_EQ(all.rows, expected.size());
    }
    stop = true;
    writer.join();
}

TEST_F(PageCheckTest, APartTellsOfADamagedPageAndTheNextOneGoesOnBehindIt) {
    const Rows rows = write(9, 40);
    load();
    const uint64_t leaf = a_leaf();
    put<uint16_t>(leaf * kPage + lmdb::kPageFlagsAt, 0);
    std::ofstream(file(), std::ios::binary) << bytes_;
    PartReport all;
    const std::vector<std::string> keys = keys_in_parts(file(), nullptr, all);
    ASSERT_EQ(all.fault_count, 1U);
    EXPECT_EQ(all.faults.front().page, leaf);
    EXPECT_LT(keys.size(), rows.size());
    EXPECT_EQ(keys.front(), rows.begin()->first);
    EXPECT_EQ(keys.back(), rows.rbegin()->first);
}

}  // namespace
}  // namespace snapgate::engine
