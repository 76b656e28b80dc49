#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <random>

#include "base/encoding.h"

namespace snapgate::base {
namespace {

constexpr size_t kSha256Size = 32;

unsigned char* data(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

// SHA-256 with what OpenSSL 3 otherwise does anew for each text: it searches its providers for the
// method, and allocates a context. Both take longer than the digest of a short text.
class Sha256 {
  public:
    Sha256() : context_(EVP_MD_CTX_new()), method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
        if (context_ == nullptr || method_ == nullptr) std::abort();
    }
    ~Sha256() {
        EVP_MD_free(method_);
        EVP_MD_CTX_free(context_);
    }
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    // Of the parts, one after the other.
    std::string digest(std::initializer_list<std::string_view> parts) {
        std::string out(kSha256Size, '\0');
        bool done = EVP_DigestInit_ex(context_, method_, nullptr) == 1;
        for (const std::string_view part : parts)
            done = done && EVP_DigestUpdate(context_, part.data(), part.size()) == 1;
        if (!done || EVP_DigestFinal_ex(context_, data(out), nullptr) != 1) std::abort();
        return out;
    }

  private:
    EVP_MD_CTX* context_;
    EVP_MD* method_;
};

Sha256& thread_sha256() {
    static thread_local Sha256 sha256;
    return sha256;
}

// 16 random bytes that nobody else gets. OpenSSL's generator takes locks and asks the system for
// the process's id with each call, so one call makes the bytes of many UUIDs. They stay in memory:
// not for secrets.
std::string_view take_uuid_bytes() {
    constexpr size_t kUuidBytes = 16;
    constexpr size_t kUuids = 64;
    static thread_local std::string reserve;
    static thread_local size_t used = 0;
    if (used == reserve.size()) {
        reserve = random_bytes(kUuids * kUuidBytes);
        used = 0;
    }
    used += kUuidBytes;
    return std::string_view(reserve).substr(used - kUuidBytes, kUuidBytes);
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
    std::string bytes(take_uuid_bytes());
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    std::string uuid = hex(bytes);
    for (const size_t dash : {8U, 13U, 18U, 23U}) uuid.insert(dash, 1, '-');
    return uuid;
}

std::string random_uid() {
    return hex(random_bytes(12));
}

std::string sha256(std::string_view bytes) {
    return thread_sha256().digest({bytes});
}

// As RFC 2104 has it; OpenSSL's HMAC() makes three contexts for each call.
std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    constexpr size_t kBlockBytes = 64;
    std::string inner(key.size() > kBlockBytes ? sha256(key) : std::string(key));
    inner.resize(kBlockBytes, '\0');
    std::string outer(inner);
    for (char& c : inner) c = static_cast<char>(c ^ 0x36);
    for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
    Sha256& sha = thread_sha256();
    std::string out = sha.digest({outer, sha.digest({inner, bytes})});
    OPENSSL_cleanse(inner.data(), inner.size());
    OPENSSL_cleanse(outer.data(), outer.size());
    return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace snapgate::base
