#include "query/token_signer.h"

#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/secret_file.h"

namespace snapgate::query {
namespace {

constexpr size_t kSignatureBytes = 16;
constexpr size_t kKeyBytes = 32;

// The bytes of a token's text, and the signature behind them.
std::optional<std::pair<std::string, std::string>> split(std::string_view text, size_t most_bytes) {
    if (text.size() > most_bytes) return std::nullopt;
    auto bytes = base::decode_base64url(text);
    if (!bytes || bytes->size() < kSignatureBytes) return std::nullopt;
    const size_t size = bytes->size() - kSignatureBytes;
    std::string signature = bytes->substr(size);
    bytes->resize(size);
    return std::pair(std::move(*bytes), std::move(signature));
}

}  // namespace

TokenSigner::TokenSigner(std::string key) : key_(std::move(key)) {}

TokenSigner::TokenSigner(std::string key, TokenSigner earlier)
    : key_(std::move(key)), earlier_(std::make_shared<const TokenSigner>(std::move(earlier))) {}

base::Result<TokenSigner> TokenSigner::open(const std::filesystem::path& file) {
    SNAPGATE_ASSIGN(std::string key, base::read_or_make_secret(file, kKeyBytes));
    return TokenSigner(std::move(key));
}

std::string TokenSigner::signature_of(std::string_view bytes) const {
    return base::hmac_sha256(key_, bytes).substr(0, kSignatureBytes);
}

std::string TokenSigner::seal(std::string_view bytes) const {
    std::string sealed(bytes);
    sealed += signature_of(bytes);
    return base::base64url(sealed);
}

std::optional<std::string> TokenSigner::unseal(std::string_view text, size_t most_bytes) const {
    auto parts = split(text, most_bytes);
    if (!parts) return std::nullopt;
    auto& [bytes, signature] = *parts;
    if (!base::equal_constant_time(signature, signature_of(bytes)))
        return earlier_ ? earlier_->unseal(text, most_bytes) : std::nullopt;
    return std::move(bytes);
}

void TokenSigner::mask(std::string& bytes, std::string_view signature) const {
    // Other bytes have another signature, and so another mask. No token begins as this text does.
    std::string seed = "mask";
    seed += signature;
    std::string mask;
    for (uint32_t block = 0; mask.size() < bytes.size(); ++block) {
        std::string numbered = seed;
        base::append_u32(block, numbered);
        mask += base::hmac_sha256(key_, numbered);
    }
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i]);
}

std::string TokenSigner::seal_hidden(std::string bytes) const {
    const std::string signature = signature_of(bytes);
    mask(bytes, signature);
    return base::base64url(bytes + signature);
}

std::optional<std::string> TokenSigner::unseal_hidden(std::string_view text,
                                                      size_t most_bytes) const {
    auto parts = split(text, most_bytes);
    if (!parts) return std::nullopt;
    auto& [bytes, signature] = *parts;
    mask(bytes, signature);
    if (!base::equal_constant_time(signature, signature_of(bytes)))
        return earlier_ ? earlier_->unseal_hidden(text, most_bytes) : std::nullopt;
    return std::move(bytes);
}

}  // namespace snapgate::query
