#include "query/continue_token.h"

#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/secret_file.h"
#include "query/list_request.h"
#include "store/store.h"

// Layout: version byte | store id | cluster u32 | revision u64 | query | flags u8 | remaining u64 |
// u8 length and list version | u8 length and namespace | u8 length and name | signature.
namespace snapgate::query {
namespace {

constexpr char kLayout = 1;
constexpr size_t kSignatureBytes = 16;
constexpr size_t kKeyBytes = 32;
// Where the parts of a fixed size begin.
constexpr size_t kStoreIdAt = 1;
constexpr size_t kClusterAt = kStoreIdAt + store::kStoreIdBytes;
constexpr size_t kRevisionAt = kClusterAt + 4;
constexpr size_t kQueryAt = kRevisionAt + 8;
constexpr size_t kFlagsAt = kQueryAt + kListingDigestBytes;
constexpr size_t kRemainingAt = kFlagsAt + 1;
constexpr size_t kFixedBytes = kRemainingAt + 8;
constexpr char kHasRemaining = 1;

void append_short(std::string_view text, std::string& out) {
    out += static_cast<char>(text.size());
    out += text;
}

bool take_short(std::string_view& rest, std::string& out) {
    if (rest.empty()) return false;
    size_t size = static_cast<uint8_t>(rest[0]);
    if (rest.size() < 1 + size) return false;
    out = rest.substr(1, size);
    rest.remove_prefix(1 + size);
    return true;
}

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

base::Result<TokenSigner> TokenSigner::open(const std::filesystem::path& file) {
    SNAPGATE_ASSIGN(std::string key, base::read_or_make_secret(file, kKeyBytes));
    return TokenSigner(std::move(key));
}

std::string TokenSigner::seal(const ContinueToken& token) const {
    std::string out;
    out += kLayout;
    out += token.store_id;
    base::append_u32(token.cluster, out);
    base::append_u64(token.revision, out);
    out += token.query;
    out += token.remaining ? kHasRemaining : '\0';
    base::append_u64(token.remaining.value_or(0), out);
    append_short(token.version, out);
    append_short(token.after.ns, out);
    append_short(token.after.name, out);
    return base::base64url(out + signature_of(out));
}

std::string TokenSigner::signature_of(std::string_view bytes) const {
    return base::hmac_sha256(key_, bytes).substr(0, kSignatureBytes);
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
    if (!base::equal_constant_time(signature, signature_of(bytes))) return std::nullopt;
    return std::move(bytes);
}

std::optional<ContinueToken> TokenSigner::unseal(std::string_view text) const {
    const auto parts = split(text, kMaxTokenBytes);
    if (!parts || parts->first.size() < kFixedBytes) return std::nullopt;
    const auto& [bytes, signature] = *parts;
    if (!base::equal_constant_time(signature, signature_of(bytes))) return std::nullopt;
    std::string_view rest = bytes;
    if (rest[0] != kLayout) return std::nullopt;
    ContinueToken token;
    token.store_id = rest.substr(kStoreIdAt, store::kStoreIdBytes);
    token.cluster = base::read_u32(rest, kClusterAt);
    token.revision = base::read_u64(rest, kRevisionAt);
    token.query = rest.substr(kQueryAt, kListingDigestBytes);
    if (rest[kFlagsAt] == kHasRemaining) token.remaining = base::read_u64(rest, kRemainingAt);
    rest.remove_prefix(kFixedBytes);
    bool whole = take_short(rest, token.version) && take_short(rest, token.after.ns) &&
                 take_short(rest, token.after.name) && rest.empty();
    if (!whole) return std::nullopt;
    return token;
}

}  // namespace snapgate::query
