#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::query {

// Signs tokens (continue_token.h, fleet_token.h, event_id.h) and checks them. Their content
// concerns only the server: a client cannot build one. Immutable; any thread may call.
class TokenSigner {
  public:
    // `key`: 32 random bytes.
    explicit TokenSigner(std::string key);
    // Knows tokens of `earlier`, too, and signs none with its key. What they say is of another
    // store, so they go on nowhere, but are no broken ones.
    TokenSigner(std::string key, TokenSigner earlier);
    // Reads the key from a file (0600), or makes one there. The key lasts as long as the data
    // directory, so tokens still work after a restart.
    static base::Result<TokenSigner> open(const std::filesystem::path& file);

    // The bytes with their signature, as URL-safe text.
    std::string seal(std::string_view bytes) const;
    // The bytes again; nullopt for anything that seal() did not make with this key, and for a text
    // of more than `most_bytes`.
    std::optional<std::string> unseal(std::string_view text, size_t most_bytes) const;

    // The same for bytes that a client must not read either: what a token of all clusters says of
    // the store also comes from clusters that the client may not see.
    std::string seal_hidden(std::string bytes) const;
    std::optional<std::string> unseal_hidden(std::string_view text, size_t most_bytes) const;

  private:
    std::string signature_of(std::string_view bytes) const;
    // Hides bytes, or shows hidden ones again.
    void mask(std::string& bytes, std::string_view signature) const;

    std::string key_;
    std::shared_ptr<const TokenSigner> earlier_;
};

}  // namespace snapgate::query
