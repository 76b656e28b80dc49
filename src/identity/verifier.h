#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "base/result.h"
#include "identity/caller.h"
#include "identity/caller_cache.h"
#include "identity/issuer.h"
#include "identity/refusals.h"
#include "identity/signed_token.h"

namespace snapgate::identity {

// What came of a token.
struct Verified {
    base::Result<std::shared_ptr<const Caller>> caller;
    // Issuers that might have signed it with a key that they published since their keys were
    // fetched: once they were fetched again, the token may be verified.
    std::vector<std::shared_ptr<Issuer>> lacking;
};

// Verifies tokens with the keys that are known. Never waits for anything. Any thread.
class Verifier {
  public:
    explicit Verifier(const base::Clock& clock) : clock_(clock) {}

    // From now on tokens of these issuers are taken.
    void replace(std::vector<std::shared_ptr<Issuer>> issuers);
    std::shared_ptr<const std::vector<std::shared_ptr<Issuer>>> issuers() const;

    // Errors are those of refuse().
    Verified verify(std::string_view token);

    // A refusal that was told to a caller.
    void count(const base::Error& error);
    // How often tokens were refused, by Refusal.
    std::array<uint64_t, kRefusalNames.size()> refused() const;

  private:
    Verified verify_anew(std::string_view text);
    base::Result<std::shared_ptr<const Caller>> admit(const std::shared_ptr<Issuer>& issuer,
                                                      const std::shared_ptr<const SigningKey>& key,
                                                      const SignedToken& token);

    const base::Clock& clock_;
    CallerCache cache_;
    std::array<std::atomic<uint64_t>, kRefusalNames.size()> refused_{};
    mutable base::Mutex mutex_;
    std::shared_ptr<const std::vector<std::shared_ptr<Issuer>>> issuers_ SNAPGATE_GUARDED_BY(
        mutex_) = std::make_shared<const std::vector<std::shared_ptr<Issuer>>>();
};

}  // namespace snapgate::identity
