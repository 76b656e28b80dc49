#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "access/token_holder.h"
#include "base/clock.h"
#include "identity/claims.h"
#include "identity/issuer.h"
#include "identity/key_set.h"

namespace snapgate::identity {

// Who showed a token that was verified. Immutable; any thread.
class Caller : public access::TokenHolder {
  public:
    // `key` of `issuer` verified it. `clock` outlives it.
    Caller(std::shared_ptr<const Issuer> issuer, std::shared_ptr<const SigningKey> key,
           Claims claims, std::shared_ptr<access::RequestRate> rate, const base::Clock& clock);

    // For a user of an issuer, by its names.
    static std::string id_of(const DeclaredIssuer& issuer, const std::string& username);

    const std::string& id() const override { return id_; }
    const std::string& name() const override { return claims_.username; }
    const std::string& issuer_name() const override { return issuer_->declared().name; }
    int64_t expires_ms() const override { return claims_.expires_ms; }
    base::Millis remaining() const override;
    bool is_good() const override;
    access::RequestRate& rate() const override { return *rate_; }

    const Claims& claims() const { return claims_; }

  private:
    const std::shared_ptr<const Issuer> issuer_;
    const std::shared_ptr<const SigningKey> key_;
    const Claims claims_;
    const std::shared_ptr<access::RequestRate> rate_;
    const base::Clock& clock_;
    const std::string id_;
    // By the monotonic clock: a system clock that is set back makes no token live longer.
    const int64_t good_until_ms_;
};

}  // namespace snapgate::identity
