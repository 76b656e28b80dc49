#include "base/stream_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/crypto.h"

namespace snapgate::base {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kBlockBytes = 16;
constexpr size_t kMostAtOnce = 1 << 20;

}  // namespace

struct StreamCipher::Context {
    std::string key = random_bytes(kKeyBytes);
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();

    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_CIPHER_CTX_free(cipher); }

    // Encrypts in place from the middle of a block on.
    void run(uint64_t offset, unsigned char* bytes, int count) const {
        std::array<unsigned char, kBlockBytes> counter{};
        uint64_t block = offset / kBlockBytes;
        for (size_t i = kBlockBytes; i > kBlockBytes - sizeof(block); --i, block >>= 8U)
            counter[i - 1] = static_cast<unsigned char>(block);
        int done = 0;
        std::array<unsigned char, kBlockBytes> passed{};
        const auto before = static_cast<int>(offset % kBlockBytes);
        const auto* secret = reinterpret_cast<const unsigned char*>(key.data());
        if (EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), nullptr, secret, counter.data()) != 1 ||
            EVP_EncryptUpdate(cipher, passed.data(), &done, passed.data(), before) != 1 ||
            EVP_EncryptUpdate(cipher, bytes, &done, bytes, count) != 1)
            std::abort();
    }
};

StreamCipher::StreamCipher() : context_(std::make_unique<Context>()) {}
StreamCipher::~StreamCipher() = default;
StreamCipher::StreamCipher(StreamCipher&&) noexcept = default;
StreamCipher& StreamCipher::operator=(StreamCipher&&) noexcept = default;

void StreamCipher::apply(uint64_t offset, char* bytes, size_t count) const {
    while (count > 0) {
        const size_t now = std::min(count, kMostAtOnce);
        context_->run(offset, reinterpret_cast<unsigned char*>(bytes), static_cast<int>(now));
        offset += now;
        bytes += now;
        count -= now;
    }
}

}  // namespace snapgate::base
