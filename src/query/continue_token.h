#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"

namespace snapgate::query {

inline constexpr size_t kMaxTokenBytes = 1024;
// A digest over the cluster's uid and the filters, which tells the lists apart.
inline constexpr size_t kListingDigestBytes = 16;

// The place where a list goes on. Its content concerns only the server: a token is signed, so a
// client cannot build one.
struct ContinueToken {
    std::string store_id;  // store::kStoreIdBytes: the store to which the revision belongs
    model::ClusterNumber cluster = 0;
    model::Revision revision = 0;       // 0: the head at the time of use (after an expiry)
    std::string version;                // the list's resource version at that revision
    std::string query;                  // kListingDigestBytes
    std::optional<uint64_t> remaining;  // number of items from here on, if it is known
    model::ObjectKey after;             // the last object that was listed

    bool operator==(const ContinueToken&) const = default;
};

// Signs tokens and checks them. Immutable; any thread may call.
class TokenSigner {
  public:
    // `key`: 32 random bytes.
    explicit TokenSigner(std::string key);
    // Reads the key from a file (0600), or makes one there. The key lasts as long as the data
    // directory, so tokens still work after a restart.
    static base::Result<TokenSigner> open(const std::filesystem::path& file);

    // URL-safe text of at most 1 KiB.
    std::string seal(const ContinueToken& token) const;
    // nullopt for anything that seal did not make with this key.
    std::optional<ContinueToken> unseal(std::string_view text) const;

    // The same for the bytes of a token of another kind (fleet_token.h), which begin with a byte of
    // their own. A client cannot read these either: what they say of the store also comes from
    // clusters that the client may not see.
    std::string seal_hidden(std::string bytes) const;
    std::optional<std::string> unseal_hidden(std::string_view text, size_t most_bytes) const;

  private:
    std::string signature_of(std::string_view bytes) const;
    // Hides bytes, or shows hidden ones again.
    void mask(std::string& bytes, std::string_view signature) const;

    std::string key_;
};

}  // namespace snapgate::query
