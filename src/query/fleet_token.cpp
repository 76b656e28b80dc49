#include "query/fleet_token.h"

#include "query/token_parts.h"

namespace snapgate::query {
namespace {

constexpr char kOfFleet = 2;

template <class Parts, class Token>
void list_parts_of_fleet(Parts& parts, Token& token) {
    parts.fixed(token.store_id, store::kStoreIdBytes);
    parts.fixed(token.query, kListingDigestBytes);
    parts.u64(token.state.revision);
    parts.u32(token.state.next_cluster);
    parts.i64(token.begun_ms);
    parts.u32(token.now);
    parts.known(token.remaining, token.key.missing);
    parts.u64(token.key.number);
    parts.text(token.key.text);
    parts.text(token.after.cluster_name);
    parts.text(token.after.cluster_uid);
    parts.text(token.after.key.ns);
    parts.text(token.after.key.name);
}

}  // namespace

std::string seal(const TokenSigner& signer, const FleetToken& token) {
    TokenWriter writer(kOfFleet);
    list_parts_of_fleet(writer, token);
    return signer.seal_hidden(writer.bytes());
}

std::optional<FleetToken> unseal_fleet_token(const TokenSigner& signer, std::string_view text) {
    const auto bytes = signer.unseal_hidden(text, kMaxFleetTokenBytes);
    if (!bytes) return std::nullopt;
    FleetToken token;
    TokenReader reader(*bytes, kOfFleet);
    list_parts_of_fleet(reader, token);
    if (!reader.is_whole()) return std::nullopt;
    return token;
}

}  // namespace snapgate::query
