#include "connect/token_expiry.h"

#include <gtest/gtest.h>

#include <string>

#include "base/encoding.h"

namespace snapgate::connect {
namespace {

std::string token_of(std::string_view claims) {
    return base::base64url(R"({"alg":"RS256"})") + "." + base::base64url(claims) + ".c2ln";
}

TEST(TokenExpiryTest, IsWhatTheTokenSays) {
    EXPECT_EQ(read_token_expiry(token_of(R"({"iss":"x","exp":1800000000})")), 1'800'000'000'000);
    EXPECT_EQ(read_token_expiry(token_of(R"({"exp":1800000000.5})")), 1'800'000'000'500);
}

TEST(TokenExpiryTest, OtherTokensHaveNone) {
    const std::string whole = token_of(R"({"exp":1800000000})");
    for (const std::string& token :
         {std::string(), std::string("abc"), std::string("a.b"), std::string("..."), token_of("{}"),
          token_of("[]"), token_of("no json"), token_of(R"({"exp":"soon"})"),
          token_of(R"({"exp":-5})"), token_of(R"({"exp":1e300})"), token_of(R"({"exp":null})"),
          "a.!!!." + whole, whole + std::string(65 << 10, 'x')})
        EXPECT_EQ(read_token_expiry(token), 0) << token.substr(0, 80);
}

}  // namespace
}  // namespace snapgate::connect
