#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/temporary_folder_testing.h"
#include "engine/environment.h"

namespace snapgate::engine {

// A directory of a test's own for a data file that LMDB writes, and that the test damages.
class DataFileFixture : public testing::Test {
  public:
  protected:
    static constexpr size_t kPage = 4096;
    using Rows = std::map<std::string, std::string>;

    std::filesystem::path file() const { return directory_ / "data.mdb"; }

    std::unique_ptr<Environment> open() const {
        auto opened =
            Environment::open({.directory = directory_, .map_bytes = 1 << 30, .max_readers = 16});
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }

    base::TemporaryFolder folder_ = base::TemporaryFolder::on_disk();
    const std::filesystem::path directory_ = folder_.path();
};

}  // namespace snapgate::engine
