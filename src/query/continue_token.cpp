#include "query/continue_token.h"

#include "query/token_parts.h"
#include "store/store.h"

namespace snapgate::query {
namespace {

constexpr char kOfOneCluster = 1;

template <class Parts, class Token>
void list_parts_of_one(Parts& parts, Token& token) {
    parts.fixed(token.store_id, store::kStoreIdBytes);
    parts.u32(token.cluster);
    parts.u64(token.revision);
    parts.fixed(token.query, kListingDigestBytes);
    parts.known(token.remaining);
    parts.short_text(token.version);
    parts.short_text(token.after.ns);
    parts.short_text(token.after.name);
}

}  // namespace

std::string seal(const TokenSigner& signer, const ContinueToken& token) {
    TokenWriter writer(kOfOneCluster);
    list_parts_of_one(writer, token);
    return signer.seal(writer.bytes());
}

std::optional<ContinueToken> unseal_continue_token(const TokenSigner& signer,
                                                   std::string_view text) {
    const auto bytes = signer.unseal(text, kMaxTokenBytes);
    if (!bytes) return std::nullopt;
    ContinueToken token;
    TokenReader reader(*bytes, kOfOneCluster);
    list_parts_of_one(reader, token);
    if (!reader.is_whole()) return std::nullopt;
    return token;
}

}  // namespace snapgate::query
