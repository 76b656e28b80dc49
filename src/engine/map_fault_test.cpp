#include "engine/map_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "engine/data_file_testing.h"

namespace snapgate::engine {
namespace {

class MapFaultTest : public DataFileFixture {
  public:
    MapFaultTest() {
        testing::GTEST_FLAG(death_test_style) = "threadsafe";
        const auto environment = open();
        auto txn = environment->write();
        for (int i = 0; i < 1000; ++i)
            EXPECT_TRUE(txn->put("key-" + std::to_string(i), std::string(3000, 'v')));
        EXPECT_TRUE(txn->commit());
    }

  protected:
    // Reads every row, while the file is cut short behind LMDB's back.
    void read_a_cut_file() const {
        exit_on_map_faults();
        const auto environment = open();
        auto txn = environment->read();
        auto cursor = txn->cursor();
        auto found = cursor->seek("k");
        if (::truncate(file().c_str(), 40'960) != 0) _exit(7);
        size_t bytes = 0;
        while (found && *found) {
            bytes += (*cursor->value()).size();
            found = cursor->next();
        }
        _exit(bytes > 0 ? 8 : 9);
    }
};

TEST_F(MapFaultTest, AFileThatWasCutShortEndsTheProcessWithWords) {
    EXPECT_EXIT(read_a_cut_file(), testing::ExitedWithCode(1),
                "\"time\":\"20[0-9-]+T[0-9:]+[.][0-9]+Z\",.*the data file is "
                "damaged.*\"offset\":[0-9]+,\"file\":\".*data.mdb\"");
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
