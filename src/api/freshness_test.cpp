#include "api/freshness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/errors.h"

namespace snapgate::api {
namespace {

using base::Code;
using mirror::MirrorState;
using mirror::MirrorStatus;
using testing::HasSubstr;

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

MirrorStatus status(MirrorState state, int64_t confirmed_ms) {
    MirrorStatus status;
    status.state = state;
    status.has_synced = true;
    status.confirmed_ms = confirmed_ms;
    return status;
}

TEST(Freshness, AReadyMirrorIsNotStaleWhateverItsAge) {
    auto judged = judge_freshness(status(MirrorState::kReady, 1'000), "c", 0, 99'000);
    ASSERT_TRUE(judged);
    EXPECT_FALSE(judged->stale);
    EXPECT_EQ(judged->age_seconds, 98);
}

TEST(Freshness, AnotherSaysHowOldItIs) {
    MirrorStatus unreachable = status(MirrorState::kUnreachable, 10'000);
    unreachable.reason = "Refused";
    auto judged = judge_freshness(unreachable, "caf\xc3\xa9 \"x\"", 42, 52'999);
    ASSERT_TRUE(judged);
    EXPECT_TRUE(judged->stale);
    EXPECT_EQ(judged->age_seconds, 42);
    EXPECT_EQ(judged->text,
              "cluster caf?? ?x? is Unreachable (Refused): this is its state of 42 seconds ago");
    // The later of what is known, and never from the future.
    unreachable.synced_ms = 50'000;
    EXPECT_EQ(judge_freshness(unreachable, "c", {}, 52'999)->age_seconds, 2);
    EXPECT_EQ(judge_freshness(unreachable, "c", {}, 1'000)->age_seconds, 0);
}

TEST(Freshness, WhatIsTooOldIsRefused) {
    MirrorStatus failing = status(MirrorState::kFailing, 10'000);
    failing.message = "it answers 500";
    auto refused = judge_freshness(failing, "c", 41, 52'999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kClusterTimeout);
    EXPECT_THAT(refused.error().message, HasSubstr("42 seconds"));
    EXPECT_THAT(refused.error().message, HasSubstr("max-age=41"));
    EXPECT_THAT(refused.error().message, HasSubstr("it answers 500"));
}

// The headers of an error that takes the place of an answer with headers of its own.
std::string headers_of_error(Side side, const base::Error& error, const ClusterWords& words) {
    std::string body = "half an answer";
    net::Response response(body);
    response.add_header("Cache-Control", "private");
    response.add_header("ETag", "\"Age: 1\"");
    render_error(side, error, "r1", words, response);
    return response.headers;
}

TEST(Freshness, WhatIsMissingFromAnOldMirrorKeepsItsAge) {
    const ClusterWords old{Freshness{true, 7, "cluster c is Unreachable"}, std::nullopt};
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
    const ClusterWords later{std::nullopt, 30};
    for (const Side side : {Side::kPalette, Side::kKubernetes}) {
        for (const Code code : {Code::kClusterUnavailable, Code::kClusterTimeout}) {
            EXPECT_EQ(headers_of_error(side, {code, "x"}, {}), "Retry-After: 1\r\n");
            EXPECT_EQ(headers_of_error(side, {code, "x"}, later), "Retry-After: 30\r\n");
        }
        // It is only said where the caller may come back.
        for (const Code code : {Code::kNotFound, Code::kBadPeer})
            EXPECT_EQ(headers_of_error(side, {code, "x"}, later), "");
    }
}

TEST(Freshness, WhatWasNeverSyncedIsUnavailable) {
    for (const MirrorState state : {MirrorState::kPending, MirrorState::kReady}) {
        MirrorStatus never = status(state, 1'000);
        never.has_synced = false;
        never.message = "no route to it";
        auto refused = judge_freshness(never, "c", {}, 2'000);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::kClusterUnavailable);
        EXPECT_THAT(refused.error().message, HasSubstr("no route to it"));
    }
}

}  // namespace
}  // namespace snapgate::api
