#include "app/certificates.h"

#include <utility>

#include "base/log.h"

namespace snapgate::app {
namespace {

using base::Result;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kWarnedBeforeMs = 30 * kDayMs;

// The names of the self-signed certificate beside localhost.
std::vector<std::string> hosts_of(const Settings& settings) {
    std::vector<std::string> hosts = settings.tls_hosts;
    // No client connects to a wildcard address.
    if (settings.address != "0.0.0.0" && settings.address != "::")
        hosts.push_back(settings.address);
    return hosts;
}

}  // namespace

Certificates::Certificates(const Settings& settings, const base::Clock& clock)
    : self_signed_(settings.tls_self_signed),
      directory_(settings.data_dir),
      hosts_(hosts_of(settings)),
      clock_(clock),
      certificate_(settings.tls_cert),
      key_(settings.tls_key) {}

Result<std::unique_ptr<Certificates>> Certificates::open(const Settings& settings,
                                                         const base::Clock& clock) {
    std::unique_ptr<Certificates> certificates(new Certificates(settings, clock));
    if (!settings.has_tls()) return certificates;
    const base::MutexLock lock(certificates->mutex_);
    if (settings.tls_self_signed) SNAPGATE_TRY(certificates->renew());
    SNAPGATE_ASSIGN(certificates->contexts_,
                    net::TlsContexts::load(certificates->certificate_, certificates->key_));
    return certificates;
}

Result<net::SelfSigned> Certificates::renew() {
    SNAPGATE_ASSIGN(net::SelfSigned made, net::ensure_self_signed(directory_, hosts_, clock_));
    certificate_ = made.certificate;
    key_ = made.key;
    ca_ = {made.ca_certificate.string(), made.ca_expires_ms};
    return made;
}

Result<void> Certificates::renew_in_use() {
    SNAPGATE_ASSIGN(const net::SelfSigned made, renew());
    reload_due_ |= made.made_ca || made.made_certificate;
    if (!reload_due_) return {};
    SNAPGATE_TRY(contexts_->reload());
    reload_due_ = false;
    base::log::info("renewed the self-signed certificate",
                    {{"file", certificate_.string()},
                     {"expires", base::format_rfc3339(contexts_->expires_ms())}});
    if (made.made_ca) {
        base::log::warning("made a new CA as well: clients must be given the new file",
                           {{"file", ca_.file}});
    }
    return {};
}

Result<void> Certificates::reload() {
    const base::MutexLock lock(mutex_);
    if (!contexts_) return {};
    if (self_signed_) SNAPGATE_TRY(renew_in_use());
    return contexts_->reload();
}

void Certificates::check() {
    if (!contexts_) return;
    const base::MutexLock lock(mutex_);
    if (self_signed_) {
        const Result<void> done = renew_in_use();
        if (!done && !failing_) {
            base::log::error("cannot renew the self-signed certificate",
                             {{"error", done.error().message}});
        }
        failing_ = !done;
    }
    for (const Expiry& expiry : all_expiries()) warn(expiry);
}

void Certificates::warn(const Expiry& expiry) {
    const int64_t left_ms = expiry.expires_ms - clock_.now_ms();
    if (left_ms > kWarnedBeforeMs) {
        warned_ms_.erase(expiry.file);
        return;
    }
    const int64_t steady_ms = clock_.steady_ms();
    const auto [warned, is_first] = warned_ms_.try_emplace(expiry.file, steady_ms);
    if (!is_first && steady_ms - warned->second < kDayMs) return;
    warned->second = steady_ms;
    const std::string expires = base::format_rfc3339(expiry.expires_ms);
    if (left_ms <= 0) {
        base::log::error("a certificate has expired: clients refuse it",
                         {{"file", expiry.file}, {"expires", expires}});
        return;
    }
    base::log::warning(
        expiry.file == ca_.file
            ? "the self-signed CA expires soon, and is replaced then: to choose the day, move "
              "ca.crt and ca.key away and send SIGHUP; clients must be given the new file"
            : "a certificate expires soon: put a new one in its place and send SIGHUP",
        {{"file", expiry.file}, {"expires", expires}, {"daysLeft", left_ms / kDayMs}});
}

std::vector<Certificates::Expiry> Certificates::expiries() const {
    const base::MutexLock lock(mutex_);
    return all_expiries();
}

std::vector<Certificates::Expiry> Certificates::all_expiries() const {
    std::vector<Expiry> all;
    if (!contexts_) return all;
    all.push_back({certificate_.string(), contexts_->expires_ms()});
    if (self_signed_) all.push_back(ca_);
    return all;
}

}  // namespace snapgate::app
