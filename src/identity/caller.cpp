#include "identity/caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"

namespace snapgate::identity {

namespace {

constexpr size_t kIdBytes = 12;

}  // namespace

Caller::Caller(std::shared_ptr<const Issuer> issuer, std::shared_ptr<const SigningKey> key,
               Claims claims, std::shared_ptr<access::RequestRate> rate, const base::Clock& clock)
    : issuer_(std::move(issuer)),
      key_(std::move(key)),
      claims_(std::move(claims)),
      rate_(std::move(rate)),
      clock_(clock),
      id_(id_of(issuer_->declared(), claims_.username)),
      good_until_ms_(clock.steady_ms() + claims_.expires_ms - clock.now_ms()) {}

std::string Caller::id_of(const DeclaredIssuer& issuer, const std::string& username) {
    // The name of the issuer is a part of the user's; two clusters may call themselves the same
    // issuer.
    const std::string digest = base::sha256(fmt::format("{}\n{}", username, issuer.issuer));
    return "oidc:" + base::hex(digest.substr(0, kIdBytes));
}

base::Millis Caller::remaining() const {
    return base::Millis(
        std::min(claims_.expires_ms - clock_.now_ms(), good_until_ms_ - clock_.steady_ms()));
}

bool Caller::is_good() const {
    return !has_expired() && !issuer_->is_retired() && !key_->withdrawn.load() &&
           issuer_->has_usable_keys();
}

}  // namespace snapgate::identity
