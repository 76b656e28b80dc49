#include "query/fleet_token.h"

#include <array>

#include "base/encoding.h"

// Layout: version byte | store id 16 | query 16 | revision u64 | next cluster u32 | begun u64 | now
// u32 | flags u8 | remaining u64 | key u64 | u16 length and text, for each of: the key's text, the
// cluster's name and uid, namespace, name | signature 16.
namespace snapgate::query {
namespace {

constexpr char kLayout = 2;

constexpr char kHasRemaining = 1;
constexpr char kMissing = 2;

// Takes parts off the bytes of a token; zeros and empty texts once they are used up.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::string_view take(size_t size) {
        if (size > rest_.size()) {
            whole_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view part = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return part;
    }
    uint64_t u64() {
        const std::string_view part = take(8);
        return part.empty() ? 0 : base::read_u64(part, 0);
    }
    uint32_t u32() {
        const std::string_view part = take(4);
        return part.empty() ? 0 : base::read_u32(part, 0);
    }
    std::string text() {
        const std::string_view size = take(2);
        return std::string(take(size.empty() ? 0 : base::read_u16(size, 0)));
    }
    // Whether all parts were there, and nothing else.
    bool whole() const { return whole_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool whole_ = true;
};

}  // namespace

std::string seal(const TokenSigner& signer, const FleetToken& token) {
    std::string out;
    out += kLayout;
    out += token.store_id;
    out += token.query;
    base::append_u64(token.state.revision, out);
    base::append_u32(token.state.next_cluster, out);
    base::append_u64(static_cast<uint64_t>(token.begun_ms), out);
    base::append_u32(token.now, out);
    out += static_cast<char>((token.remaining ? kHasRemaining : 0) |
                             (token.key.missing ? kMissing : 0));
    base::append_u64(token.remaining.value_or(0), out);
    base::append_u64(token.key.number, out);
    for (const std::string* text :
         {&token.key.text, &token.after.cluster_name, &token.after.cluster_uid, &token.after.key.ns,
          &token.after.key.name}) {
        base::append_u16(static_cast<uint16_t>(text->size()), out);
        out += *text;
    }
    return signer.seal_hidden(std::move(out));
}

std::optional<FleetToken> unseal_fleet_token(const TokenSigner& signer, std::string_view text) {
    const auto bytes = signer.unseal_hidden(text, kMaxFleetTokenBytes);
    if (!bytes) return std::nullopt;
    Reader reader(*bytes);
    if (reader.take(1) != std::string_view(&kLayout, 1)) return std::nullopt;
    FleetToken token;
    token.store_id = reader.take(store::kStoreIdBytes);
    token.query = reader.take(kListingDigestBytes);
    token.state.revision = reader.u64();
    token.state.next_cluster = reader.u32();
    token.begun_ms = static_cast<int64_t>(reader.u64());
    token.now = reader.u32();
    const std::string_view flags = reader.take(1);
    const char flag = flags.empty() ? '\0' : flags[0];
    const uint64_t remaining = reader.u64();
    if ((flag & kHasRemaining) != 0) token.remaining = remaining;
    token.key.missing = (flag & kMissing) != 0;
    token.key.number = reader.u64();
    token.key.text = reader.text();
    token.after.cluster_name = reader.text();
    token.after.cluster_uid = reader.text();
    token.after.key.ns = reader.text();
    token.after.key.name = reader.text();
    if (!reader.whole()) return std::nullopt;
    return token;
}

}  // namespace snapgate::query
