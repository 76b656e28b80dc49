#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/public_key.h"
#include "base/result.h"

namespace snapgate::identity {

// A key with which an issuer signs its tokens.
struct SigningKey {
    std::string id;  // kid; "" if it has none
    // The only one that it is for; nullopt: all that fit its type.
    std::optional<base::SignatureAlgorithm> algorithm;
    base::PublicKey key;
    // The same for two keys that are one: of its id, its algorithm and what it consists of.
    std::string fingerprint;

    // Set once, when the issuer does not publish it any more: what it signed is refused from then
    // on. Any thread.
    mutable std::atomic<bool> withdrawn = false;

    bool may_sign(base::SignatureAlgorithm with) const {
        return key.fits(with) && (!algorithm || *algorithm == with);
    }
};

// The keys that an issuer publishes (RFC 7517).
struct KeySet {
    std::vector<std::shared_ptr<const SigningKey>> keys;
    // Keys of the document that verify nothing here, and why the first of them does not. RFC 7517
    // has them passed over.
    size_t passed_over = 0;
    std::string why_first;
    std::string text;  // the document itself
};

inline constexpr size_t kMostKeySetBytes = 256 << 10;
inline constexpr size_t kMostKeys = 100;
inline constexpr size_t kMostKeyIdBytes = 512;

// Reads a JSON Web Key Set. Keys for encryption, keys with a shared secret, and keys of types that
// are not known are passed over; private parts are not looked at. kInvalidBody for a text that is
// none, for one with more than kMostKeys keys, and for one with no key that verifies.
base::Result<KeySet> read_key_set(std::string_view text);

}  // namespace snapgate::identity
