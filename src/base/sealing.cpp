#include "base/sealing.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "base/crypto.h"

namespace snapgate::base {
namespace {

// A sealed text: the format, the nonce, the ciphertext, the tag.
constexpr char kFormat = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kHeadBytes = 1 + kNonceBytes;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* data(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

Cipher begin(std::string_view key, std::string_view nonce, bool encrypt) {
    if (key.size() != kSealingKeyBytes) std::abort();
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    // The nonce has the default size of this mode, so the size need not be set.
    if (cipher == nullptr || EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, data(key),
                                               data(nonce), encrypt ? 1 : 0) != 1)
        std::abort();
    return cipher;
}

// Binds `about` to the text without storing it. The format is bound, too, so that nobody can change
// it.
void add_about(EVP_CIPHER_CTX* cipher, std::string_view about) {
    int count = 0;
    std::string bound = std::string(1, kFormat).append(about);
    if (EVP_CipherUpdate(cipher, nullptr, &count, data(bound), static_cast<int>(bound.size())) != 1)
        std::abort();
}

}  // namespace

std::string seal(std::string_view key, std::string_view about, std::string_view text) {
    std::string nonce = random_bytes(kNonceBytes);
    Cipher cipher = begin(key, nonce, true);
    add_about(cipher.get(), about);
    std::string secret(text.size(), '\0');
    std::string tag(kTagBytes, '\0');
    int count = 0;
    if (EVP_EncryptUpdate(cipher.get(), data(secret), &count, data(text),
                          static_cast<int>(text.size())) != 1 ||
        EVP_EncryptFinal_ex(cipher.get(), data(secret) + count, &count) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) != 1)
        std::abort();
    return std::string(1, kFormat) + nonce + secret + tag;
}

std::optional<std::string> open_sealed(std::string_view key, std::string_view about,
                                       std::string_view sealed) {
    if (sealed.size() < kHeadBytes + kTagBytes || sealed[0] != kFormat) return std::nullopt;
    std::string_view nonce = sealed.substr(1, kNonceBytes);
    std::string_view secret = sealed.substr(kHeadBytes, sealed.size() - kHeadBytes - kTagBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    Cipher cipher = begin(key, nonce, false);
    add_about(cipher.get(), about);
    std::string text(secret.size(), '\0');
    int count = 0;
    if (EVP_DecryptUpdate(cipher.get(), data(text), &count, data(secret),
                          static_cast<int>(secret.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1)
        std::abort();
    if (EVP_DecryptFinal_ex(cipher.get(), data(text) + count, &count) != 1) return std::nullopt;
    return text;
}

}  // namespace snapgate::base
