#include "query/event_id.h"

#include "query/token_parts.h"
#include "store/store.h"

namespace snapgate::query {
namespace {

constexpr char kOfEvent = 3;

template <class Parts, class Id>
void list_parts_of_event(Parts& parts, Id& id) {
    parts.fixed(id.store_id, store::kStoreIdBytes);
    parts.fixed(id.query, kListingDigestBytes);
    parts.u32(id.now);
    parts.u64(id.place.published);
    parts.u64(id.place.change);
    parts.u32(id.next_cluster);
    parts.fixed(id.clusters, kListingDigestBytes);
}

}  // namespace

std::string seal(const TokenSigner& signer, const EventId& id) {
    TokenWriter writer(kOfEvent);
    list_parts_of_event(writer, id);
    return signer.seal_hidden(writer.bytes());
}

std::optional<EventId> unseal_event_id(const TokenSigner& signer, std::string_view text) {
    const auto bytes = signer.unseal_hidden(text, kMaxEventIdBytes);
    if (!bytes) return std::nullopt;
    EventId id;
    TokenReader reader(*bytes, kOfEvent);
    list_parts_of_event(reader, id);
    if (!reader.is_whole()) return std::nullopt;
    return id;
}

}  // namespace snapgate::query
