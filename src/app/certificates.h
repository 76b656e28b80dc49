#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/annotations.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/tls/tls.h"

namespace snapgate::app {

// The server's certificates over its life: read or made at the start, renewed if they are
// self-signed, and told of before they expire. Any thread may call.
class Certificates {
  public:
    // The first certificate of a file to expire, as it is in use.
    struct Expiry {
        std::string file;
        int64_t expires_ms = 0;  // since the epoch
    };

    // kInvalidParameter for files that cannot be used, kCorrupt for a self-signed CA that cannot;
    // the message names them. `clock` outlives the result.
    static base::Result<std::unique_ptr<Certificates>> open(
        const Settings& settings, const base::Clock& clock = base::system_clock());

    // What connections use; null without TLS.
    std::shared_ptr<net::TlsContexts> contexts() const { return contexts_; }
    // Reads the files again. Self-signed ones are renewed first if that is due. On an error the old
    // ones stay in use.
    base::Result<void> reload();
    // To be called once a minute. Renews a self-signed certificate that expires within 30 days, or
    // whose time has not begun. Its CA, which clients trust, stays until it has expired. Logs once
    // a day which certificates expire within 30 days.
    void check();
    std::vector<Expiry> expiries() const;

  private:
    Certificates(const Settings& settings, const base::Clock& clock);
    // Makes the files that are missing or due.
    base::Result<net::SelfSigned> renew() SNAPGATE_REQUIRES(mutex_);
    // Also has new connections use them.
    base::Result<void> renew_in_use() SNAPGATE_REQUIRES(mutex_);
    void warn(const Expiry& expiry) SNAPGATE_REQUIRES(mutex_);
    std::vector<Expiry> all_expiries() const SNAPGATE_REQUIRES(mutex_);

    const bool self_signed_;
    const std::filesystem::path directory_;
    const std::vector<std::string> hosts_;
    const base::Clock& clock_;
    std::shared_ptr<net::TlsContexts> contexts_;
    mutable base::Mutex mutex_;
    std::filesystem::path certificate_ SNAPGATE_GUARDED_BY(mutex_);
    std::filesystem::path key_ SNAPGATE_GUARDED_BY(mutex_);
    Expiry ca_ SNAPGATE_GUARDED_BY(mutex_);
    // When a warning about a file was last logged, by the monotonic clock.
    std::map<std::string, int64_t> warned_ms_ SNAPGATE_GUARDED_BY(mutex_);
    bool reload_due_ SNAPGATE_GUARDED_BY(mutex_) = false;  // of renewed files
    bool failing_ SNAPGATE_GUARDED_BY(mutex_) = false;     // a failed renewal was logged
};

}  // namespace snapgate::app
