#include "audit/trail.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "audit/action.h"
#include "base/file_descriptor.h"
#include "store/changed_rows_testing.h"
#include "store/keys.h"

namespace snapgate::audit {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TrailTest : public store::ChangedRowsFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        std::filesystem::create_directories(logs_.path());
    }

    std::filesystem::path file() const { return logs_.path() / "audit.log"; }
    std::unique_ptr<Trail> start(TrailOptions options) {
        auto trail = Trail::start(*store_, std::move(options));
        EXPECT_TRUE(trail);
        return std::move(*trail);
    }
    std::unique_ptr<Trail> start() {
        TrailOptions options;
        options.file = file();
        return start(options);
    }
    void add(int count) {
        must([count](store::WriteTxn& txn) -> base::Result<void> {
            for (int i = 0; i < count; ++i) SNAPGATE_TRY(txn.add_audit_line(R"({"w":"x"})"));
            return {};
        });
    }
    size_t in_store() const { return store_->read().audit_lines(0, 1 << 20)->size(); }
    std::vector<std::string> lines() const {
        std::ifstream in(file());
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) lines.push_back(line);
        return lines;
    }
    std::string numbered(uint64_t number) const {
        std::string line;
        append_numbered(first_ + number, R"({"w":"x"})", line);
        line.pop_back();
        return line;
    }

    const uint64_t first_ = static_cast<uint64_t>(clock_.now_ms()) * 1000;
    store::TestDirectory logs_;
};

// A pipe that nobody reads yet, and that is full.
struct FullPipe {
    FullPipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
        out = base::FileDescriptor(ends[0]);
        in = base::FileDescriptor(ends[1]);
        const std::string filler(4096, '#');
        while (::write(in.get(), filler.data(), filler.size()) > 0) filled += filler.size();
    }
    // What comes out behind the filler, until `bytes` of it have come.
    std::string read(size_t bytes) const {
        std::string text;
        std::array<char, 65536> piece{};
        while (text.size() < filled + bytes) {
            const ssize_t got = ::read(out.get(), piece.data(), piece.size());
            if (got > 0) {
                text.append(piece.data(), static_cast<size_t>(got));
            } else {
                std::this_thread::yield();
            }
        }
        return text.substr(filled);
    }

    base::FileDescriptor out;
    base::FileDescriptor in;
    size_t filled = 0;
};

TEST_F(TrailTest, CopiesLinesOfTheStoreAndDropsThemThere) {
    add(2);
    auto trail = start();
    add(1);
    trail->stop();
    EXPECT_THAT(lines(), ElementsAre(numbered(0), numbered(1), numbered(2)));
    EXPECT_EQ(in_store(), 0U);
    EXPECT_EQ(trail->statistics().written, 3U);
    add(1);
    start()->stop();
    EXPECT_EQ(lines().back(), numbered(3));
}

TEST_F(TrailTest, WithoutATrailLinesWaitForTheNextOne) {
    add(3);
    open();
    start()->stop();
    EXPECT_THAT(lines(), ElementsAre(numbered(0), numbered(1), numbered(2)));
}

TEST_F(TrailTest, ManyLinesComeInOrder) {
    for (int i = 0; i < 30; ++i) add(1000);
    auto trail = start();
    trail->stop();
    const auto all = lines();
    ASSERT_EQ(all.size(), 30'000U);
    for (uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], numbered(i));
    EXPECT_EQ(in_store(), 0U);
}

TEST_F(TrailTest, ALineThatIsMissingOrDamagedIsTold) {
    add(5);
    damage_row(store::audit_key(first_ + 1).view(), [](std::string& bytes) { flip(bytes, 80); });
    change_rows([this](engine::WriteTransaction& rows) -> base::Result<void> {
        SNAPGATE_TRY(rows.erase(store::audit_key(first_ + 3).view()));
        return {};
    });
    open();
    start()->stop();
    const auto missing = [this](std::string_view why, uint64_t number) {
        return AllOf(HasSubstr(R"("outcome":"missing")"), HasSubstr(why),
                     HasSubstr(R"("firstSeq":)" + std::to_string(first_ + number)),
                     HasSubstr(R"("lines":1})"));
    };
    EXPECT_THAT(lines(), ElementsAre(numbered(0), missing("RowDamaged", 1), numbered(2),
                                     missing("RowsMissing", 3), numbered(4)));
}

TEST_F(TrailTest, WhatWasDroppedBeforeTheStartIsSeenByTheNumbers) {
    add(1);
    auto trail = start();
    trail->stop();
    trail.reset();
    // Dropped before they were copied: as a repair would.
    add(3);
    must([this](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.drop_audit_lines(first_ + 1));
        return {};
    });
    start()->stop();
    EXPECT_THAT(lines(), ElementsAre(numbered(0), numbered(2), numbered(3)));
}

TEST_F(TrailTest, RefusalsComeWithoutANumber) {
    auto trail = start();
    trail->tell(R"({"verb":"get"})");
    trail->stop();
    EXPECT_THAT(lines(), ElementsAre(R"({"verb":"get"})"));
}

TEST_F(TrailTest, RefusalsThatFindNoRoomAreCounted) {
    FullPipe pipe;
    TrailOptions options;
    options.to_stderr = true;
    options.stderr_fd = pipe.in.get();
    auto trail = start(options);
    const std::string line = "{\"w\":\"" + std::string(1000, 'x') + "\"}";
    for (int i = 0; i < 5000; ++i) trail->tell(line);
    trail->stop();
    EXPECT_GT(trail->statistics().lost, 2000U);
}

TEST_F(TrailTest, AStoreWaitsForWhoReadsStderr) {
    add(3);
    FullPipe pipe;
    TrailOptions options;
    options.to_stderr = true;
    options.stderr_fd = pipe.in.get();
    auto trail = start(options);
    trail->stop();
    EXPECT_TRUE(trail->statistics().failing);
    EXPECT_GT(trail->statistics().waiting_bytes, 0U);
    EXPECT_EQ(in_store(), 3U);
    trail = start(options);
    const std::string expected = numbered(0) + '\n' + numbered(1) + '\n' + numbered(2) + '\n';
    EXPECT_EQ(pipe.read(expected.size()), expected);
    trail->stop();
    EXPECT_EQ(in_store(), 0U);
}

TEST_F(TrailTest, TheOldestAreDroppedBeyondTheBacklog) {
    FullPipe pipe;
    TrailOptions options;
    options.to_stderr = true;
    options.stderr_fd = pipe.in.get();
    options.backlog_bytes = 1000;
    auto trail = start(options);
    add(1);
    trail->stop();
    EXPECT_EQ(trail->statistics().dropped, 0U);
    trail.reset();
    trail = start(options);
    for (int i = 0; i < 10; ++i) add(10'000);
    // Each line counts for some tens of bytes.
    while (trail->statistics().dropped < 10'000) std::this_thread::yield();
    std::string text;
    std::thread reader([&] { text = pipe.read(1); });
    reader.join();
    trail->stop();
    EXPECT_LE(in_store(), 30U);
}

TEST_F(TrailTest, AFileThatCannotBeOpenedIsAnErrorAtTheStart) {
    TrailOptions options;
    options.file = logs_.path() / "no" / "such";
    const auto trail = Trail::start(*store_, options);
    ASSERT_FALSE(trail);
    EXPECT_THAT(trail.error().message, HasSubstr("no/such"));
}

}  // namespace
}  // namespace snapgate::audit
