#include "api/call.h"

#include <gtest/gtest.h>

#include "api/errors.h"

namespace snapgate::api {
namespace {

net::Request with_query(std::string_view query) {
    net::Request request;
    request.query = query;
    return request;
}

TEST(CallTest, QueryParametersAreGivenOnce) {
    EXPECT_EQ(*query_parameter(with_query("a=1&b=x%20y"), "b"), "x y");
    EXPECT_EQ(*query_parameter(with_query("a=1"), "b"), "");
    EXPECT_EQ(*query_parameter(with_query("b"), "b"), "");
    EXPECT_EQ(query_parameter(with_query("b=1&b=1"), "b").error().subject, "b");
    EXPECT_FALSE(query_parameter(with_query("b=%2"), "b"));
    EXPECT_TRUE(*query_flag(with_query("force=true"), "force"));
    EXPECT_FALSE(*query_flag(with_query("force=false"), "force"));
    EXPECT_FALSE(query_flag(with_query("force=1"), "force"));
}

TEST(ErrorsTest, TheBodyNamesWhatWasWrong) {
    std::string buffer = "half a page";
    net::Response response(buffer);
    response.add_header("ETag", "x");
    base::Error error(base::Code::kExpired, "too \"old\"", "continue");
    error.continue_token = "T";
    render_error(Side::kPalette, error, "r1", {}, response);
    EXPECT_EQ(response.status, 410U);
    EXPECT_EQ(buffer,
              "{\"code\":\"Expired\",\"details\":{\"parameter\":\"continue\",\"continue\":\"T\"},"
              "\"message\":\"too \\\"old\\\"\",\"ref\":\"r1\"}\n");
    EXPECT_EQ(response.headers, "");
}

TEST(ErrorsTest, CausesAreListed) {
    std::string buffer;
    net::Response response(buffer);
    base::Error error(base::Code::kInvalid, "no", "spec");
    error.causes.push_back({"FieldValueRequired", "is required", "spec.source"});
    render_error(Side::kPalette, error, "r1", {}, response);
    EXPECT_EQ(response.status, 422U);
    EXPECT_NE(buffer.find(R"("causes":[{"reason":"FieldValueRequired","message":"is required",)"
                          R"("field":"spec.source"}])"),
              std::string::npos);
}

TEST(ErrorsTest, ABugShowsNothingOfTheInside) {
    std::string buffer;
    net::Response response(buffer);
    render_error(Side::kPalette, {base::Code::kCorrupt, "row 17 of table 11"}, "r1", {}, response);
    EXPECT_EQ(response.status, 500U);
    EXPECT_EQ(buffer.find("row 17"), std::string::npos);
    EXPECT_NE(buffer.find("InternalError"), std::string::npos);
}

TEST(ErrorsTest, WhatMayBeTriedAgainSaysWhen) {
    for (base::Code code : {base::Code::kUnavailable, base::Code::kNoFreeName}) {
        std::string buffer;
        net::Response response(buffer);
        render_error(Side::kPalette, {code, "later"}, "r1", {}, response);
        EXPECT_NE(response.headers.find("Retry-After: "), std::string::npos);
    }
}

}  // namespace
}  // namespace snapgate::api
