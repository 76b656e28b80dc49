#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "facts/facts.h"
#include "model/types.h"
#include "query/continue_token.h"
#include "store/merged_tail.h"

namespace snapgate::query {

// Where an event stream goes on: the id of an event. It is sealed and hidden as the tokens of a
// fleet's lists are, since a place in the store also tells what happens in other projects.
struct EventId {
    std::string store_id;         // store::kStoreIdBytes
    std::string query;            // kListingDigestBytes: of the filters, and of who may see what
    facts::Seconds now = 0;       // what the filters take for the present time
    store::PublishedPlace place;  // everything up to there was sent
    // Clusters with smaller numbers were followed then, if they could be seen; later ones are new.
    model::ClusterNumber next_cluster = 0;
    std::string clusters;  // kListingDigestBytes: which ones were followed

    bool operator==(const EventId&) const = default;
};

inline constexpr size_t kMaxEventIdBytes = 256;

std::string seal(const TokenSigner& signer, const EventId& id);
// nullopt for anything that seal() did not make with this key.
std::optional<EventId> unseal_event_id(const TokenSigner& signer, std::string_view text);

}  // namespace snapgate::query
