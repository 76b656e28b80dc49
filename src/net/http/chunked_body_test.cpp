#include "net/http/chunked_body.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::net {
namespace {

struct Decoded {
    std::string body;
    size_t consumed = 0;
    ChunkedBody::State state = ChunkedBody::State::kReading;
};

// Feeds `bytes` in pieces of `step`.
Decoded decode(const std::string& bytes, size_t step) {
    ChunkedBody chunks;
    Decoded result;
    size_t have = 0;
    while (chunks.state() == ChunkedBody::State::kReading && result.consumed < bytes.size()) {
        if (have == result.consumed) have = std::min(bytes.size(), have + step);
        const auto one =
            chunks.next(std::string_view(bytes).substr(result.consumed, have - result.consumed));
        EXPECT_GT(one.consumed, 0U);
        result.consumed += one.consumed;
        result.body.append(one.piece);
    }
    result.state = chunks.state();
    return result;
}

TEST(ChunkedBody, DecodesInAnyPieces) {
    const std::string bytes =
        "5\r\nhello\r\n1;name=\"value\"\r\n \r\n0A\r\nwide world\r\n0;last\r\nX-Sum: "
        "1\r\nY:\r\n\r\n";
    const std::string next = "GET / HTTP/1.1\r\n";
    for (size_t step = 1; step <= bytes.size() + next.size(); ++step) {
        const Decoded decoded = decode(bytes + next, step);
        EXPECT_EQ(decoded.state, ChunkedBody::State::kDone) << step;
        EXPECT_EQ(decoded.body, "hello wide world") << step;
        EXPECT_EQ(decoded.consumed, bytes.size()) << step;
    }
}

TEST(ChunkedBody, RefusesBrokenFraming) {
    for (const std::string bytes : {"5\nhello\r\n0\r\n\r\n",
                                    "5\r\nhello\n0\r\n\r\n",
                                    "5\r\nhello0\r\n\r\n",
                                    "5\r\nhello!\r\n0\r\n\r\n",
                                    "5 \r\nhello\r\n0\r\n\r\n",
                                    " 5\r\nhello\r\n0\r\n\r\n",
                                    "5\t\r\nhello\r\n",
                                    "+5\r\nhello\r\n",
                                    "-1\r\n",
                                    "0x5\r\nhello\r\n",
                                    "\r\n0\r\n\r\n",
                                    ";ext\r\n",
                                    "5\rhello\r\n",
                                    "5\r\r\nhello",
                                    "g\r\n",
                                    "1000000000000000\r\n",
                                    "ffffffffffffffff\r\n",
                                    "0000000000000000\r\n\r\n",
                                    "10000000000000005\r\nhello\r\n",
                                    "5;a\nb\r\nhello\r\n",
                                    "5;\x01\r\nhello\r\n",
                                    "0\r\n\n",
                                    "0\r\nX\r\n\r\n",
                                    "0\r\n: y\r\n\r\n",
                                    "0\r\nX: y\n\r\n",
                                    "0\r\n folded: y\r\n\r\n",
                                    "0\r\nX : y\r\n\r\n",
                                    "0\r\n\rX"}) {
        for (const size_t step : {size_t{1}, bytes.size()}) {
            EXPECT_EQ(decode(bytes, step).state, ChunkedBody::State::kBroken) << bytes;
        }
    }
}

TEST(ChunkedBody, BoundsExtensionsAndTrailers) {
    EXPECT_EQ(decode("1;" + std::string(20'000, 'a') + "\r\nx\r\n0\r\n\r\n", 1000).state,
              ChunkedBody::State::kBroken);
    std::string many;
    for (int i = 0; i < 300; ++i) many += "1;" + std::string(100, 'a') + "\r\nx\r\n";
    EXPECT_EQ(decode(many + "0\r\n\r\n", 1000).state, ChunkedBody::State::kBroken);
    EXPECT_EQ(decode("0\r\nX: " + std::string(10'000, 'a') + "\r\n\r\n", 1000).state,
              ChunkedBody::State::kBroken);
}

TEST(ChunkedBody, SaysWhatIsWrong) {
    ChunkedBody chunks;
    chunks.next("zz\r\n");
    EXPECT_EQ(chunks.fault(), "a chunk size is not valid");
}

}  // namespace
}  // namespace snapgate::net
