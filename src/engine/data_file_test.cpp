#include "engine/data_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "engine/data_file_testing.h"

namespace snapgate::engine {
namespace {

using base::Code;
using testing::HasSubstr;

class DataFileTest : public DataFileFixture {
  protected:
    static base::Result<Rows> read_all(Environment& environment) {
        Rows rows;
        SNAPGATE_ASSIGN(ReadTransaction txn, environment.read());
        SNAPGATE_ASSIGN(Cursor cursor, txn.cursor());
        SNAPGATE_ASSIGN(bool found, cursor.seek(std::string_view("\0", 1)));
        while (found) {
            SNAPGATE_ASSIGN(const std::string_view value, cursor.value());
            rows[std::string(cursor.key())] = value;
            SNAPGATE_ASSIGN(found, cursor.next());
        }
        return rows;
    }

    // Whether a process of its own opens the file and reads these rows; it may die of a SIGBUS.
    bool readable(const Rows& expected) const {
        const pid_t child = fork();
        if (child == 0) {
            auto opened = Environment::open({directory_, 1 << 30, 16});
            if (!opened) _exit(1);
            auto rows = read_all(**opened);
            _exit(rows && *rows == expected ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    void write_bytes(size_t at, std::string_view bytes) const {
        std::fstream out(file(), std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(static_cast<std::streamoff>(at));
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

    void expect_refused(Code code, const std::string& words) const {
        auto found = look_at_data_file(file());
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, code);
        EXPECT_THAT(found.error().message, HasSubstr(words));
        EXPECT_THAT(found.error().message, HasSubstr(file().string()));
        auto opened = Environment::open({directory_, 1 << 30, 16});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().message, found.error().message);
    }
};

// Random commits, of which some take pages and free them again: those are never written.
TEST_F(DataFileTest, EveryCommitIsWholeAndNoCutOneIsTakenForWhole) {
    std::mt19937 chance(20);
    Rows rows;
    bool ended_early = false;
    for (int step = 0; step < 24; ++step) {
        {
            auto environment = open();
            ASSERT_TRUE(environment);
            auto txn = environment->write();
            ASSERT_TRUE(txn);
            const size_t rows_put = 100 + chance() % 400;
            const size_t value_bytes = step % 3 == 2 ? 6000 : 500;
            for (size_t i = 0; i < rows_put; ++i) {
                const std::string key = "key-" + std::to_string(10'000 + i);
                rows[key] = std::string(chance() % value_bytes, 'v');
                ASSERT_TRUE(txn->put(key, rows[key]));
            }
            while (step % 2 == 1 && !rows.empty() && chance() % 200 != 0) {
                ASSERT_TRUE(txn->erase(rows.rbegin()->first));
                rows.erase(std::prev(rows.end()));
            }
            ASSERT_TRUE(txn->commit());
            ended_early |= environment->usage().file_bytes > std::filesystem::file_size(file());
        }
        auto found = look_at_data_file(file());
        ASSERT_TRUE(found) << step << ": " << found.error().message;
        EXPECT_EQ(*found, DataFile::kStore);
    }
    EXPECT_TRUE(ended_early)
        << "no commit left pages unwritten: the list of free pages is untested";

    std::string whole(std::filesystem::file_size(file()), '\0');
    std::ifstream(file(), std::ios::binary)
        .read(whole.data(), static_cast<std::streamsize>(whole.size()));
    size_t refused = 0;
    for (size_t size = whole.size(); size >= kPage; size -= kPage) {
        std::filesystem::resize_file(file(), size);
        auto found = look_at_data_file(file());
        if (found) {
            EXPECT_TRUE(readable(rows)) << "cut to " << size;
        } else {
            EXPECT_EQ(found.error().code, Code::kCorrupt);
            ++refused;
        }
    }
    EXPECT_GT(refused, 10U);
}

TEST_F(DataFileTest, WhatIsThereBeforeTheFirstCommit) {
    EXPECT_EQ(*look_at_data_file(file()), DataFile::kMissing);
    std::ofstream(file()).flush();
    EXPECT_EQ(*look_at_data_file(file()), DataFile::kEmpty);
    ASSERT_TRUE(open());
    EXPECT_EQ(*look_at_data_file(file()), DataFile::kStore);
}

TEST_F(DataFileTest, WithoutLeaveNothingIsMade) {
    Options options{directory_ / "store", 1 << 30, 16, false};
    EXPECT_EQ(Environment::open(options).error().code, Code::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(options.directory));
    std::filesystem::create_directory(options.directory);
    std::ofstream(options.directory / "data.mdb").flush();
    auto refused = Environment::open(options);
    EXPECT_EQ(refused.error().code, Code::kNotFound);
    EXPECT_THAT(refused.error().message, HasSubstr("is empty"));
}

TEST_F(DataFileTest, WhatIsNoStoreIsRefusedInWords) {
    std::ofstream(file()) << "short";
    expect_refused(Code::kCorrupt, "is cut short, with 5 of");
    std::ofstream(file()) << std::string(20'000, 'x');
    expect_refused(Code::kCorrupt, "is no store of snapgate");
    std::ofstream(file()) << std::string(20'000, '\0');
    expect_refused(Code::kCorrupt, "is no store of snapgate");
    std::filesystem::remove(file());
    std::filesystem::create_directory(file());
    expect_refused(Code::kCorrupt, "is no regular file");
    std::filesystem::remove(file());
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    expect_refused(Code::kCorrupt, "is no regular file");
    std::filesystem::remove(file());
    std::filesystem::create_symlink(directory_ / "gone", file());
    expect_refused(Code::kUnavailable, "is a link to a file that is not there");
}

TEST_F(DataFileTest, ANewerFormatIsSaidToBeOne) {
    ASSERT_TRUE(open());
    write_bytes(kPage + 20, std::string("\2\0\0\0", 4));
    expect_refused(Code::kUnavailable, "has format 2 of LMDB");
}

TEST_F(DataFileTest, TheNewerOfTheTwoFirstPagesCounts) {
    auto environment = open();
    for (const char* key : {"a", "b", "c"}) {
        const auto before = std::filesystem::file_size(file());
        auto txn = environment->write();
        ASSERT_TRUE(txn);
        ASSERT_TRUE(txn->put(key, std::string(20'000, 'x')));
        ASSERT_TRUE(txn->commit());
        ASSERT_GT(std::filesystem::file_size(file()), before);
        EXPECT_EQ(*look_at_data_file(file()), DataFile::kStore);
        // A copy that ends where the commit before did, of which the other first page tells.
        const auto copy = directory_ / "copy.mdb";
        std::filesystem::copy_file(file(), copy, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(copy, before);
        EXPECT_FALSE(look_at_data_file(copy)) << key;
    }
}

TEST_F(DataFileTest, TheLockFileHasItsRoomFromTheStart) {
    ASSERT_TRUE(open());
    struct stat status{};
    ASSERT_EQ(::stat((directory_ / "lock.mdb").c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 15 * 64 + 192);
    EXPECT_GE(status.st_blocks * 512, status.st_size);
    ASSERT_EQ(::truncate((directory_ / "lock.mdb").c_str(), 1 << 20), 0);
    ASSERT_TRUE(open());
    ASSERT_EQ(::stat((directory_ / "lock.mdb").c_str(), &status), 0);
    EXPECT_GE(status.st_blocks * 512, status.st_size) << "holes of a longer file are filled";
}

}  // namespace
}  // namespace snapgate::engine
