#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace snapgate::base {

// The signatures that are verified, by the names of RFC 7518 and RFC 8037. There is none with a
// shared secret (HS256) and none without a signature.
enum class SignatureAlgorithm {
    kRs256,
    kRs384,
    kRs512,
    kPs256,
    kPs384,
    kPs512,
    kEs256,
    kEs384,
    kEdDsa,  // with Ed25519 alone
};

// nullopt for every other text; case counts.
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);
std::string_view signature_algorithm_name(SignatureAlgorithm algorithm);

// A key that verifies signatures. Immutable; any thread. Copies share the key.
class PublicKey {
  public:
    enum class Type { kRsa, kP256, kP384, kEd25519 };

    // Numbers are big-endian bytes. kInvalidBody for an RSA key of less than 2048 or more than 8192
    // bits, or with an exponent that is even, 1, or longer than 64 bits.
    static Result<PublicKey> rsa(std::string_view modulus, std::string_view exponent);
    // A point of P-256 or P-384, each coordinate as long as the curve has it. kInvalidBody for
    // another length, and for a point that is not on the curve.
    static Result<PublicKey> elliptic(Type curve, std::string_view x, std::string_view y);
    // 32 bytes, else kInvalidBody.
    static Result<PublicKey> ed25519(std::string_view bytes);

    Type type() const { return type_; }
    // Whether a key of this type makes signatures of that kind. A key is never taken for another
    // kind, whatever a message says of itself.
    bool fits(SignatureAlgorithm algorithm) const;
    // Whether `signature` is that of `message`. False, too, for an algorithm that does not fit.
    // Signatures of elliptic curves are two numbers of full length, as RFC 7518 has them. Takes
    // from 30 microseconds (RSA) up to a millisecond (P-384).
    bool verify(SignatureAlgorithm algorithm, std::string_view message,
                std::string_view signature) const;

  private:
    PublicKey(Type type, evp_pkey_st* key);

    Type type_;
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace snapgate::base
