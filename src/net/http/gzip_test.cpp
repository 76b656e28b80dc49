#include "net/http/gzip.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <memory>
#include <string>

namespace snapgate::net {
namespace {

std::string decompress(const std::string& bytes, size_t size) {
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    std::string out(size, '\0');
    EXPECT_EQ(libdeflate_gzip_decompress(decompressor.get(), bytes.data(), bytes.size(), out.data(),
                                         out.size(), nullptr),
              LIBDEFLATE_SUCCESS);
    return out;
}

TEST(Gzip, RoundTripsAgainAndAgain) {
    Gzip gzip;
    std::string out = "what was there before";
    for (const size_t size : {size_t{0}, size_t{1}, size_t{100'000}, size_t{10}}) {
        std::string text;
        for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i * i % 23));
        ASSERT_TRUE(gzip.compress(text, out));
        EXPECT_EQ(decompress(out, size), text);
    }
}

}  // namespace
}  // namespace snapgate::net
