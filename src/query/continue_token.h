#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/types.h"
#include "query/token_signer.h"

namespace snapgate::query {

// A digest over a list's filters and what it is a list of, which tells lists apart.
inline constexpr size_t kListingDigestBytes = 16;

// The place where a list of one cluster goes on. fleet_token.h has that of a list of all clusters.
struct ContinueToken {
    std::string store_id;  // store::kStoreIdBytes: the store to which the revision belongs
    model::ClusterNumber cluster = 0;
    model::Revision revision = 0;       // 0: the head at the time of use (after an expiry)
    std::string query;                  // kListingDigestBytes
    std::optional<uint64_t> remaining;  // number of items from here on, if it is known
    std::string version;                // the list's resource version at that revision
    model::ObjectKey after;             // the last object that was listed

    bool operator==(const ContinueToken&) const = default;
};

inline constexpr size_t kMaxTokenBytes = 1024;

// URL-safe text of at most kMaxTokenBytes.
std::string seal(const TokenSigner& signer, const ContinueToken& token);
// nullopt for anything that seal() did not make with this key.
std::optional<ContinueToken> unseal_continue_token(const TokenSigner& signer,
                                                   std::string_view text);

}  // namespace snapgate::query
