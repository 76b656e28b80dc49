#include "base/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder_testing.h"

namespace snapgate::base {
namespace {

TEST(ReadFile, TakesWhatFitsAndSaysWhatDoesNot) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "file";
    for (const size_t size : {size_t{0}, size_t{1}, size_t{65'536}, size_t{100'000}}) {
        const std::string text(size, 'x');
        std::ofstream(file, std::ios::binary) << text;
        EXPECT_EQ(*read_file(file, 100'000), text);
        EXPECT_EQ(*read_file(file, size), text);
        if (size > 0) EXPECT_EQ(read_file(file, size - 1).error().code, Code::kTooLarge);
    }
    EXPECT_EQ(read_file(file, 99'999).error().message, "larger than 99,999 bytes");
    EXPECT_EQ(read_file(file, 0).error().message, "larger than 0 bytes");
    std::filesystem::remove(file);
    EXPECT_THAT(read_file(file, 1).error().message, testing::HasSubstr("No such file"));
    EXPECT_THAT(read_file("/", 1).error().message, testing::HasSubstr("directory"));
}

}  // namespace
}  // namespace snapgate::base
