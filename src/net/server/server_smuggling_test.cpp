// Each way to make two programs see different requests in one stream of bytes, over a real socket:
// the answer is one 400, and nothing behind it is taken for a request.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

struct Attack {
    const char* name;
    std::string bytes;
};

std::string post_with(const std::string& lines, const std::string& body = {}) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n" + body;
}

std::vector<Attack> attacks() {
    const std::string zero_chunk = "0\r\n\r\n";
    return {
        {"TeThenCl", post_with("Transfer-Encoding: chunked\r\nContent-Length: 4", zero_chunk)},
        {"ClThenTe", post_with("Content-Length: 4\r\nTransfer-Encoding: chunked", zero_chunk)},
        {"ClZeroThenTe", post_with("Content-Length: 0\r\nTransfer-Encoding: chunked", zero_chunk)},
        {"TeGzip", post_with("Transfer-Encoding: gzip")},
        {"TeChunkedGzip", post_with("Transfer-Encoding: chunked, gzip", zero_chunk)},
        {"TeGzipChunked", post_with("Transfer-Encoding: gzip, chunked", zero_chunk)},
        {"TeIdentity", post_with("Transfer-Encoding: identity\r\nContent-Length: 0")},
        {"TeTwice",
         post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", zero_chunk)},
        {"TeOtherCase", post_with("Transfer-Encoding: ChUnKeD", zero_chunk)},
        {"TeQuoted", post_with("Transfer-Encoding: \"chunked\"", zero_chunk)},
        {"TeVerticalTab", post_with("Transfer-Encoding: \x0b"
                                    "chunked",
                                    zero_chunk)},
        {"TeBlankBeforeColon", post_with("Transfer-Encoding : chunked", zero_chunk)},
        {"TeTabBeforeColon", post_with("Transfer-Encoding\t: chunked", zero_chunk)},
        {"TeFolded", post_with("Transfer-Encoding:\r\n chunked", zero_chunk)},
        {"TeBehindFold", post_with("X: y\r\n Transfer-Encoding: chunked", zero_chunk)},
        {"TeBehindBareLf", post_with("X: y\nTransfer-Encoding: chunked", zero_chunk)},
        {"TeBehindBareCr", post_with("X: y\rTransfer-Encoding: chunked", zero_chunk)},
        {"TeInHttp10",
         "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + zero_chunk},
        {"ClTwiceSame", post_with("Content-Length: 4\r\nContent-Length: 4", "body")},
        {"ClTwiceOther", post_with("Content-Length: 4\r\nContent-Length: 0", "body")},
        {"ClList", post_with("Content-Length: 4, 4", "body")},
        {"ClPlus", post_with("Content-Length: +4", "body")},
        {"ClMinus", post_with("Content-Length: -1", "body")},
        {"ClHex", post_with("Content-Length: 0x4", "body")},
        {"ClEmpty", post_with("Content-Length:", "body")},
        {"ClOverflow", post_with("Content-Length: 18446744073709551620", "body")},
        {"ClBlankBeforeColon", post_with("Content-Length : 4", "body")},
        {"ClNul", post_with(std::string("Content-Length: 4\0", 18), "body")},
        {"NoHost", "GET /hello HTTP/1.1\r\nX: y\r\n\r\n"},
        {"TwoHosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"HostOtherThanTarget", "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"AuthorityForm", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"},
        {"BareLfEnds", "GET /hello HTTP/1.1\nHost: a\n\n"},
        {"TwoBlanks", "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"TabsForBlanks", "GET\t/hello\tHTTP/1.1\r\nHost: a\r\n\r\n"},
        {"BlankAfterVersion", "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"RequestLineInTarget", "GET /a HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"Http09", "GET /hello\r\nHost: a\r\n\r\n"},
        {"Http12", "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n"},
        {"Http20", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"FirstLineFolded", "GET /hello HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n"},
        {"NameWithoutColon", "GET /hello HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"},
        {"NulInName", std::string("GET /hello HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n", 39)},
        // In the body: the head is fine, the framing of the chunks is not.
        {"ChunkBareLf", post_with("Transfer-Encoding: chunked", "4\nbody\n0\n\n")},
        {"ChunkSizeOverflow",
         post_with("Transfer-Encoding: chunked", "10000000000000004\r\nbody\r\n0\r\n\r\n")},
        {"ChunkTooLong", post_with("Transfer-Encoding: chunked", "4\r\nbodyy\r\n0\r\n\r\n")},
        {"ChunkSizeBlank", post_with("Transfer-Encoding: chunked", "4 \r\nbody\r\n0\r\n\r\n")},
        {"ChunkSizePrefix", post_with("Transfer-Encoding: chunked", "0x4\r\nbody\r\n0\r\n\r\n")},
        {"ChunkExtensionBareLf", post_with("Transfer-Encoding: chunked", "4;a\nbody\r\n0\r\n\r\n")},
        {"TrailerBareLf", post_with("Transfer-Encoding: chunked", "0\r\nX: y\n\r\n")},
    };
}

class Smuggling : public testing::TestWithParam<Attack> {};

TEST_P(Smuggling, IsOneRefusal) {
    TestServer server;
    std::optional<RawConnection> connection(std::in_place, server.port());
    RawConnection& client = *connection;
    ASSERT_TRUE(client.send(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400U);
    EXPECT_EQ(answer->header("Connection"), "close");
    bool closed = false;
    EXPECT_EQ(client.read_to_end(&closed), "");
    EXPECT_TRUE(closed);
    connection.reset();
    server->stop();
    EXPECT_EQ(server.served().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Ways, Smuggling, testing::ValuesIn(attacks()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace snapgate::net
