#include "query/event_id.h"

#include "base/encoding.h"
#include "store/store.h"

// Layout: version byte | store id 16 | query 16 | now u32 | published u64 | change u64 | next
// cluster u32 | clusters 16.
namespace snapgate::query {
namespace {

// No other hidden token begins with this byte.
constexpr char kIdLayout = 3;

constexpr size_t kIdQueryAt = 1 + store::kStoreIdBytes;
constexpr size_t kIdNowAt = kIdQueryAt + kListingDigestBytes;
constexpr size_t kIdPublishedAt = kIdNowAt + 4;
constexpr size_t kIdChangeAt = kIdPublishedAt + 8;
constexpr size_t kIdNextClusterAt = kIdChangeAt + 8;
constexpr size_t kIdClustersAt = kIdNextClusterAt + 4;
constexpr size_t kIdBytes = kIdClustersAt + kListingDigestBytes;

}  // namespace

std::string seal(const TokenSigner& signer, const EventId& id) {
    std::string out;
    out.reserve(kIdBytes);
    out += kIdLayout;
    out += id.store_id;
    out += id.query;
    base::append_u32(id.now, out);
    base::append_u64(id.place.published, out);
    base::append_u64(id.place.change, out);
    base::append_u32(id.next_cluster, out);
    out += id.clusters;
    return signer.seal_hidden(std::move(out));
}

std::optional<EventId> unseal_event_id(const TokenSigner& signer, std::string_view text) {
    const auto bytes = signer.unseal_hidden(text, kMaxEventIdBytes);
    if (!bytes || bytes->size() != kIdBytes || bytes->front() != kIdLayout) return std::nullopt;
    EventId id;
    id.store_id = bytes->substr(1, store::kStoreIdBytes);
    id.query = bytes->substr(kIdQueryAt, kListingDigestBytes);
    id.now = base::read_u32(*bytes, kIdNowAt);
    id.place = {base::read_u64(*bytes, kIdPublishedAt), base::read_u64(*bytes, kIdChangeAt)};
    id.next_cluster = base::read_u32(*bytes, kIdNextClusterAt);
    id.clusters = bytes->substr(kIdClustersAt);
    return id;
}

}  // namespace snapgate::query
