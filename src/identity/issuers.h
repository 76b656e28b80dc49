#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/caller.h"
#include "identity/declared_issuer.h"
#include "identity/issuer.h"
#include "identity/kept_keys.h"
#include "identity/key_source.h"
#include "identity/verifier.h"
#include "net/awaitable.h"
#include "net/client/address_rules.h"

namespace snapgate::net {
class EventLoop;
}

namespace snapgate::identity {

// The issuers of tokens that the server trusts: keeps their keys, and verifies tokens. Keys are
// fetched on a thread of its own, which exists while there are issuers: at the start, every
// DeclaredIssuer::refresh, and when a token names a key that is not known. replace() and stop() are
// for one thread; the rest for any.
class Issuers {
  public:
    // Reads the keys of an issuer: fetch_keys().
    using Fetch = std::function<net::Awaitable<base::Result<KeySet>>(
        const DeclaredIssuer&, std::shared_ptr<const net::AddressRules>)>;

    // `clock` outlives it.
    explicit Issuers(const base::Clock& clock = base::system_clock(), Fetch fetch = fetch_keys);
    ~Issuers();  // as stop()
    Issuers(const Issuers&) = delete;
    Issuers& operator=(const Issuers&) = delete;

    // Keeps keys in this folder over the end of the process (kept_keys.h). Before replace().
    void keep_in(std::filesystem::path folder) { kept_keys_ = KeptKeys(std::move(folder)); }
    // What the configuration file declares now. An issuer that is declared as before goes on with
    // its keys, which are fetched again; what was verified by others is good no more. `rules`:
    // where keys may be fetched.
    void replace(const std::vector<DeclaredIssuer>& declared,
                 const std::shared_ptr<const net::AddressRules>& rules);
    // Ends the thread.
    void stop();

    // Whether there are any: without them no text is taken for a token.
    bool any() const { return any_; }
    // Who shows the token. Waits, without holding up the caller's thread, for a fetch that may
    // bring the key that it names: for at most some seconds, and not for more than some callers at
    // a time. Errors are those of refuse().
    net::Awaitable<base::Result<std::shared_ptr<const Caller>>> authenticate(
        std::string_view token);

    std::vector<IssuerStatus> statuses() const;
    const Verifier& verifier() const { return verifier_; }

  private:
    struct Kept;

    net::Awaitable<void> wait_for_keys(const std::vector<std::shared_ptr<Issuer>>& lacking);

    const base::Clock& clock_;
    const Fetch fetch_;
    KeptKeys kept_keys_;
    Verifier verifier_;
    std::atomic<bool> any_ = false;
    std::atomic<size_t> waiting_ = 0;
    mutable base::Mutex mutex_;
    // Outlives the next ones, which have alarms on it.
    std::unique_ptr<net::EventLoop> loop_ SNAPGATE_GUARDED_BY(mutex_);
    // With what keeps their keys.
    std::vector<std::shared_ptr<Kept>> kept_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::identity
