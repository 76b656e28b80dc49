#include "base/public_key.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <utility>

#include "base/free_with.h"

namespace snapgate::base {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr size_t kMostExponentBytes = 8;
constexpr size_t kEd25519Bytes = 32;

using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view bytes) {
    return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// OpenSSL keeps what went wrong in a queue of the thread, where the TLS code would find it.
class QuietErrors {
  public:
    QuietErrors() { ERR_set_mark(); }
    ~QuietErrors() { ERR_pop_to_mark(); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;
};

// A public key of those parameters; null if it is none.
KeyPointer key_from(const char* type, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return KeyPointer(key);
}

bool is_sound(EVP_PKEY* key) {
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return context && EVP_PKEY_public_check(context.get()) == 1;
}

Error no_key(std::string what) {
    return {Code::kInvalidBody, std::move(what)};
}

struct Traits {
    std::string_view name;
    PublicKey::Type type;
    const EVP_MD* (*digest)();  // null: the signature has its own
    bool pss = false;
};

using enum PublicKey::Type;

// In the order of SignatureAlgorithm.
constexpr std::array<Traits, 9> kAlgorithms{{
    {"RS256", kRsa, EVP_sha256},
    {"RS384", kRsa, EVP_sha384},
    {"RS512", kRsa, EVP_sha512},
    {"PS256", kRsa, EVP_sha256, true},
    {"PS384", kRsa, EVP_sha384, true},
    {"PS512", kRsa, EVP_sha512, true},
    {"ES256", kP256, EVP_sha256},
    {"ES384", kP384, EVP_sha384},
    {"EdDSA", kEd25519, nullptr},
}};

const Traits& traits_of(SignatureAlgorithm algorithm) {
    return kAlgorithms.at(static_cast<size_t>(algorithm));
}

size_t coordinate_bytes(PublicKey::Type curve) {
    return curve == kP256 ? 32 : 48;
}

// The DER form of a signature that is two numbers; "" if it is none.
std::string der_of(PublicKey::Type curve, std::string_view signature) {
    const size_t half = coordinate_bytes(curve);
    if (signature.size() != 2 * half) return {};
    Number r = number_of(signature.substr(0, half));
    Number s = number_of(signature.substr(half));
    const Signature made(ECDSA_SIG_new());
    if (!r || !s || !made || ECDSA_SIG_set0(made.get(), r.get(), s.get()) != 1) return {};
    // They belong to the signature now.
    [[maybe_unused]] const BIGNUM* const given[] = {r.release(), s.release()};
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(made.get(), &der);
    if (size <= 0) return {};
    std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    return text;
}

bool use_pss(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
    for (size_t i = 0; i < kAlgorithms.size(); ++i) {
        if (kAlgorithms.at(i).name == name) return static_cast<SignatureAlgorithm>(i);
    }
    return std::nullopt;
}

std::string_view signature_algorithm_name(SignatureAlgorithm algorithm) {
    return traits_of(algorithm).name;
}

PublicKey::PublicKey(Type type, evp_pkey_st* key) : type_(type), key_(key, EVP_PKEY_free) {}

Result<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
    const QuietErrors quiet;
    if (modulus.size() > kMostRsaBits / 8 + 1)
        return no_key(fmt::format("an RSA key has at most {} bits", kMostRsaBits));
    if (exponent.size() > kMostExponentBytes)
        return no_key("the exponent of an RSA key has at most 64 bits");
    const Number n = number_of(modulus);
    const Number e = number_of(exponent);
    if (!n || !e) return no_key("the RSA key cannot be read");
    const int bits = BN_num_bits(n.get());
    if (bits < kLeastRsaBits || bits > kMostRsaBits) {
        return no_key(fmt::format("an RSA key has {} to {} bits, and this one has {}",
                                  kLeastRsaBits, kMostRsaBits, bits));
    }
    if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1)
        return no_key("the exponent of an RSA key is odd and larger than 1");
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return no_key("the RSA key cannot be read");
    KeyPointer key = key_from("RSA", builder.get());
    if (!key) return no_key("the RSA key cannot be read");
    return PublicKey(Type::kRsa, key.release());
}

Result<PublicKey> PublicKey::elliptic(Type curve, std::string_view x, std::string_view y) {
    const QuietErrors quiet;
    if (curve != Type::kP256 && curve != Type::kP384)
        return no_key("the curve is not P-256 or P-384");
    const size_t size = coordinate_bytes(curve);
    if (x.size() != size || y.size() != size)
        return no_key(fmt::format("a coordinate of this curve has {} bytes", size));
    const std::string point = fmt::format("\x04{}{}", x, y);
    const char* const group = curve == Type::kP256 ? "prime256v1" : "secp384r1";
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return no_key("the key cannot be read");
    KeyPointer key = key_from("EC", builder.get());
    if (!key || !is_sound(key.get())) return no_key("the point is not on the curve");
    return PublicKey(curve, key.release());
}

Result<PublicKey> PublicKey::ed25519(std::string_view bytes) {
    const QuietErrors quiet;
    if (bytes.size() != kEd25519Bytes) return no_key("a key of Ed25519 has 32 bytes");
    KeyPointer key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()));
    if (!key) return no_key("the key cannot be read");
    return PublicKey(Type::kEd25519, key.release());
}

bool PublicKey::fits(SignatureAlgorithm algorithm) const {
    return traits_of(algorithm).type == type_;
}

bool PublicKey::verify(SignatureAlgorithm algorithm, std::string_view message,
                       std::string_view signature) const {
    if (!fits(algorithm)) return false;
    const QuietErrors quiet;
    const Traits& traits = traits_of(algorithm);
    std::string der;
    if (type_ == Type::kP256 || type_ == Type::kP384) {
        der = der_of(type_, signature);
        if (der.empty()) return false;
        signature = der;
    }
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* padding = nullptr;  // belongs to `context`
    if (!context ||
        EVP_DigestVerifyInit(context.get(), &padding,
                             traits.digest == nullptr ? nullptr : traits.digest(), nullptr,
                             key_.get()) != 1 ||
        (traits.pss && !use_pss(padding)))
        return false;
    return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

}  // namespace snapgate::base
