#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/public_key.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::identity {

// Longer ones are refused: tokens that list a person's groups have some kilobytes.
inline constexpr size_t kMostTokenBytes = 16 << 10;

// A JSON Web Token (RFC 7519) in its compact form, taken apart. Nothing of it is verified yet.
struct SignedToken {
    base::SignatureAlgorithm algorithm = base::SignatureAlgorithm::kRs256;
    std::string key_id;  // kid; "" if it has none
    json::Object claims;
    std::string_view signed_part;  // views into the token's text
    std::string signature;
};

// Whether the text may be a token, and is no API key of the server: three parts with dots between,
// the first of which begins as a JSON object does.
bool looks_like_token(std::string_view text);

// kUnauthorized for a text that is no token, for one that is longer than kMostTokenBytes, for one
// with an algorithm that is not verified here (none, HS256), and for one whose header asks for what
// is not known here (crit). Keys and addresses of keys in the header are not looked at. The message
// holds nothing of the token.
base::Result<SignedToken> read_signed_token(std::string_view text);

}  // namespace snapgate::identity
