#include "query/event_id.h"

#include "base/encoding.h"
#include "store/store.h"

// Layout: version byte | store id 16 | query 16 | now u32 | published u64 | change u64 | next
// cluster u32 | clusters 16.
namespace snapgate::query {
namespace {

// No other hidden token begins with this byte.
constexpr char kLayout = 3;

constexpr size_t kQueryAt = 1 + store::kStoreIdBytes;
constexpr size_t kNowAt = kQueryAt + kListingDigestBytes;
constexpr size_t kPublishedAt = kNowAt + 4;
constexpr size_t kChangeAt = kPublishedAt + 8;
constexpr size_t kNextClusterAt = kChangeAt + 8;
constexpr size_t kClustersAt = kNextClusterAt + 4;
constexpr size_t kBytes = kClustersAt + kListingDigestBytes;

}  // namespace

std::string seal(const TokenSigner& signer, const EventId& id) {
    std::string out;
    out.reserve(kBytes);
    out += kLayout;
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
    if (!bytes || bytes->size() != kBytes || bytes->front() != kLayout) return std::nullopt;
    EventId id;
    id.store_id = bytes->substr(1, store::kStoreIdBytes);
    id.query = bytes->substr(kQueryAt, kListingDigestBytes);
    id.now = base::read_u32(*bytes, kNowAt);
    id.place = {base::read_u64(*bytes, kPublishedAt), base::read_u64(*bytes, kChangeAt)};
    id.next_cluster = base::read_u32(*bytes, kNextClusterAt);
    id.clusters = bytes->substr(kClustersAt);
    return id;
}

}  // namespace snapgate::query
