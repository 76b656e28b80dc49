#pragma once

#include <cstdint>
#include <string_view>

namespace snapgate::connect {

// When a token expires, in milliseconds since the epoch: the claim `exp` of a JWT (RFC 7519), as
// the tokens of Kubernetes' service accounts are. 0 for other tokens, and for one that has none.
// The signature is not looked at: this is our own credential, and only shown.
int64_t read_token_expiry(std::string_view token);

}  // namespace snapgate::connect
