#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "identity/declared_issuer.h"
#include "identity/key_set.h"

namespace snapgate::identity {

// The keys of issuers as they were fetched last, a file for each in a folder, so that a server that
// is started while an issuer is away still verifies its tokens. Keys that are in a file anyway
// (DeclaredIssuer::jwks_file) are not kept. Any thread.
class KeptKeys {
  public:
    // Keeps nothing without a folder, whose parent exists.
    explicit KeptKeys(std::filesystem::path folder = {}) : folder_(std::move(folder)) {}

    struct Kept {
        KeySet keys;
        int64_t fetched_ms = 0;  // since the epoch
    };
    // What was kept of an issuer that is declared with the same address and the same CA; nullopt if
    // there is nothing, or nothing that can be read, which is logged.
    std::optional<Kept> read(const DeclaredIssuer& issuer) const;
    // A failure is logged: the keys are known, and kept with the next fetch.
    void write(const DeclaredIssuer& issuer, const KeySet& keys, int64_t fetched_ms) const;
    // Removes what was kept of others.
    void keep_only(std::span<const DeclaredIssuer> issuers) const;

  private:
    bool keeps(const DeclaredIssuer& issuer) const;
    std::filesystem::path file_of(const DeclaredIssuer& issuer) const;

    std::filesystem::path folder_;
};

}  // namespace snapgate::identity
