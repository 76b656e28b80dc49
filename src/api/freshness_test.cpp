#include "api/freshness.h"

#include <gtest/gtest.h>

#include "api/errors.h"

namespace snapgate::api {
namespace {

using base::Code;

std::optional<int64_t> max_age(std::vector<net::Header> headers) {
    net::Request request;
    request.headers = std::move(headers);
    return wanted_max_age(request);
}

TEST(WantedMaxAge, IsFoundAmongOtherDirectives) {
    EXPECT_EQ(max_age({}), std::nullopt);
    EXPECT_EQ(max_age({{"Cache-Control", "max-age=5"}}), 5);
    EXPECT_EQ(max_age({{"cache-control", "no-store, Max-Age = 7 ,x"}}), 7);
    EXPECT_EQ(max_age({{"Cache-Control", "No-Cache"}}), 0);
    EXPECT_EQ(max_age({{"Cache-Control", "max-age=7, no-cache"}}), 0);
    EXPECT_EQ(max_age({{"Cache-Control", "max-age=\"9\""}}), 9);
    EXPECT_EQ(max_age({{"Cache-Control", R"(x="a, max-age=1 \" ,", max-age=0)"}}), 0);
    EXPECT_EQ(
        max_age({{"Cache-Control", "max-age=30, max-age=20"}, {"Cache-Control", "max-age=25"}}), 20)
        << "the strictest";
    EXPECT_EQ(max_age({{"Cache-Control", "max-age=99999999999999999999999"}}), int64_t{1} << 31);
}

TEST(WantedMaxAge, WhatIsNoneIsPassedOver) {
    for (const char* value :
         {"", ",", "max-age", "max-age=", "max-age=-1", "max-age=5s", "max-age=x", "s-maxage=5",
          "x-max-age=5", "\"max-age=5", "=5", "max-age=\"", "\\"})
        EXPECT_EQ(max_age({{"Cache-Control", value}}), std::nullopt) << value;
}

// The headers of an error that takes the place of an answer with headers of its own.
std::string headers_of_error(Side side, const base::Error& error,
                             const std::optional<objects::Freshness>& freshness) {
    std::string body = "half an answer";
    net::Response response(body);
    response.add_header("Cache-Control", "private");
    response.add_header("ETag", "\"Age: 1\"");
    render_error(side, error, "r1", freshness, response);
    return response.headers;
}

TEST(Freshness, WhatIsMissingFromAnOldMirrorKeepsItsAge) {
    const objects::Freshness old{true, 7, "cluster c is Unreachable"};
    const base::Error missing(Code::kNotFound, "not here");
    EXPECT_EQ(headers_of_error(Side::kPalette, missing, old),
              "Age: 7\r\nWarning: 110 - \"Response is Stale\"\r\n");
    EXPECT_EQ(headers_of_error(Side::kKubernetes, missing, old),
              "Age: 7\r\nWarning: 299 - \"cluster c is Unreachable\"\r\n");
    EXPECT_EQ(headers_of_error(Side::kPalette, missing, {}), "");
    for (const Code code : {Code::kExpired, Code::kInternal, Code::kConflict})
        EXPECT_EQ(headers_of_error(Side::kPalette, {code, "x"}, old), "");
}

TEST(Freshness, AnErrorKeepsWhenTheClusterWantsToBeAskedAgain) {
    const auto retry_after = [](Side side, Code code, std::optional<unsigned> seconds) {
        base::Error error(code, "x");
        error.retry_after_seconds = seconds;
        return headers_of_error(side, error, {});
    };
    for (const Side side : {Side::kPalette, Side::kKubernetes}) {
        for (const Code code : {Code::kClusterUnavailable, Code::kClusterTimeout}) {
            EXPECT_EQ(retry_after(side, code, {}), "Retry-After: 1\r\n");
            EXPECT_EQ(retry_after(side, code, 30), "Retry-After: 30\r\n");
        }
        // It is only said where the caller may come back.
        for (const Code code : {Code::kNotFound, Code::kBadPeer})
            EXPECT_EQ(retry_after(side, code, 30), "");
    }
}

}  // namespace
}  // namespace snapgate::api
