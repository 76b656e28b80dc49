#pragma once

#include <cstdint>
#include <string>

#include "access/request_rate.h"
#include "base/clock.h"

namespace snapgate::access {

// Who makes requests without a key of the server's: with a token that an issuer signed, which the
// server trusts (identity/issuers.h). Any thread.
class TokenHolder {
  public:
    TokenHolder() = default;
    TokenHolder(const TokenHolder&) = delete;
    TokenHolder& operator=(const TokenHolder&) = delete;
    virtual ~TokenHolder() = default;

    // Stands for the holder in place of a key's id, and is never one: the same for all tokens of
    // one user of one issuer.
    virtual const std::string& id() const = 0;
    // The issuer's name in the configuration file, and the user's: corp:alice.
    virtual const std::string& name() const = 0;
    // The issuer's name alone.
    virtual const std::string& issuer_name() const = 0;
    virtual int64_t expires_ms() const = 0;  // since the epoch
    // How long the token is still good, should nothing else happen; 0 or less: it has expired.
    virtual base::Millis remaining() const = 0;
    bool has_expired() const { return remaining() <= base::Millis(0); }
    // Whether a request with the token would still be admitted: what began with it may go on.
    virtual bool is_good() const = 0;
    // The requests of the user, with whatever token.
    virtual RequestRate& rate() const = 0;
};

}  // namespace snapgate::access
