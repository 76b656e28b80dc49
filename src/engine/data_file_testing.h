#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/environment.h"

namespace snapgate::engine {

// A directory of a test's own for a data file that LMDB writes, and that the test damages.
class DataFileFixture : public testing::Test {
  public:
    DataFileFixture()
        : directory_(std::filesystem::temp_directory_path() /
                     ("snapgate-data-file-" + base::hex(base::random_bytes(8)))) {
        std::filesystem::create_directory(directory_);
    }
    ~DataFileFixture() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

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

    std::filesystem::path directory_;
};

}  // namespace snapgate::engine
