#include "engine/map_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/environment.h"

namespace snapgate::engine {
namespace {

class MapFaultTest : public testing::Test {
  public:
    MapFaultTest()
        : directory_(std::filesystem::temp_directory_path() /
                     ("snapgate-map-fault-" + base::hex(base::random_bytes(8)))) {
        testing::GTEST_FLAG(death_test_style) = "threadsafe";
        auto opened = Environment::open({.directory = directory_, .map_bytes = 1 << 30});
        auto txn = (*opened)->write();
        for (int i = 0; i < 1000; ++i)
            EXPECT_TRUE(txn->put("key-" + std::to_string(i), std::string(3000, 'v')));
        EXPECT_TRUE(txn->commit());
    }
    ~MapFaultTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

  protected:
    // Reads every row, while the file is cut short behind LMDB's back.
    void read_a_cut_file() const {
        exit_on_map_faults();
        auto environment = Environment::open({.directory = directory_, .map_bytes = 1 << 30});
        auto txn = (*environment)->read();
        auto cursor = txn->cursor();
        auto found = cursor->seek("k");
        if (::truncate((directory_ / "data.mdb").c_str(), 40'960) != 0) _exit(7);
        size_t bytes = 0;
        while (found && *found) {
            bytes += (*cursor->value()).size();
            found = cursor->next();
        }
        _exit(bytes > 0 ? 8 : 9);
    }

    std::filesystem::path directory_;
};

TEST_F(MapFaultTest, AFileThatWasCutShortEndsTheProcessWithWords) {
    EXPECT_EXIT(read_a_cut_file(), testing::ExitedWithCode(1),
                "the data file is damaged.*\"offset\":[0-9]+,\"file\":\".*data.mdb\"");
}

TEST_F(MapFaultTest, OtherFaultsAreWhatTheyWere) {
    const auto fault = [] {
        std::signal(SIGSEGV, SIG_DFL);
        exit_on_map_faults();
        volatile int* nowhere = nullptr;
        *nowhere = 1;  // NOLINT(clang-analyzer-core.NullDereference): that is the fault
    };
    EXPECT_DEATH(fault(), testing::Not(testing::HasSubstr("the data file is damaged")));
}

TEST_F(MapFaultTest, ASignalThatSomebodySendsIsNotLost) {
    const auto send = [] {
        std::signal(SIGSEGV, SIG_DFL);
        exit_on_map_faults();
        ::kill(::getpid(), SIGSEGV);
        _exit(0);
    };
    EXPECT_EXIT(send(), testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(MapFaultTest, AFailedAssertionOfLmdbEndsTheProcessWithWords) {
    EXPECT_EXIT(exit_on_failed_assertion(nullptr, "x"), testing::ExitedWithCode(1),
                "the data file is damaged");
}

}  // namespace
}  // namespace snapgate::engine
