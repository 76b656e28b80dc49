#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "base/encoding.h"

namespace snapgate::base {
namespace {

constexpr size_t kSha256Size = 32;

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Looked up once: EVP_sha256() makes OpenSSL 3 search its providers at every use, which takes
// longer than a short text's digest.
const EVP_MD* sha256_method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (method == nullptr) std::abort();
    return method;
}

unsigned char* data(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string random_bytes(size_t count) {
    std::string out(count, '\0');
    // Without randomness no key and no token is safe, so the process must not go on.
    if (RAND_bytes(data(out), static_cast<int>(count)) != 1) std::abort();
    return out;
}

uint64_t random_below(uint64_t bound) {
    // OpenSSL's generator takes locks and checks for forks. That is too dear for a random pause.
    static thread_local std::mt19937_64 generator = [] {
        uint64_t seed = 0;
        std::memcpy(&seed, random_bytes(sizeof(seed)).data(), sizeof(seed));
        return std::mt19937_64(seed);
    }();
    return generator() % bound;
}

std::string random_uuid() {
    std::string bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    std::string h = hex(bytes);
    return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) +
           "-" + h.substr(20);
}

std::string random_uid() {
    return hex(random_bytes(12));
}

std::string sha256(std::string_view bytes) {
    std::string out(kSha256Size, '\0');
    if (EVP_Digest(bytes.data(), bytes.size(), data(out), nullptr, sha256_method(), nullptr) != 1)
        std::abort();
    return out;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string out(kSha256Size, '\0');
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data(bytes), bytes.size(),
             data(out), nullptr) == nullptr)
        std::abort();
    return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace snapgate::base
