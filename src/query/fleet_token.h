#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "facts/facts.h"
#include "query/continue_token.h"
#include "query/fleet.h"
#include "query/sort_order.h"
#include "store/store.h"

namespace snapgate::query {

// Where a list of a fleet goes on. As ContinueToken, for a state of all clusters together, and
// hidden from clients.
struct FleetToken {
    std::string store_id;     // store::kStoreIdBytes
    std::string query;        // kListingDigestBytes: of the filters and the order
    store::StoreState state;  // of revision 0: the newest at the time of use (after an expiry)
    int64_t begun_ms = 0;     // when that was the newest state, by the clock of history
    facts::Seconds now = 0;   // the present time at the first page
    std::optional<uint64_t> remaining;  // number of entries from here on, if it is known
    FleetPlace after;                   // the last entry that was listed
    SortKey key;                        // its key in the order

    bool operator==(const FleetToken&) const = default;
};

// Names may be long, and there are three of them: at most 2 KiB.
inline constexpr size_t kMaxFleetTokenBytes = 2048;

// URL-safe text of at most kMaxFleetTokenBytes.
std::string seal(const TokenSigner& signer, const FleetToken& token);
// nullopt for anything that seal() did not make with this key.
std::optional<FleetToken> unseal_fleet_token(const TokenSigner& signer, std::string_view text);

}  // namespace snapgate::query
