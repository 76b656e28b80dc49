#include "identity/sessions.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"

namespace snapgate::identity {
namespace {

constexpr size_t kSessionSecretBytes = 32;

std::string key_id_of(std::string_view secret) {
    const size_t dot = secret.find('.');
    if (dot == std::string_view::npos || secret.size() > kLongestSessionSecret) return {};
    return std::string(secret.substr(0, dot));
}

}  // namespace

std::string make_session_secret(std::string_view key_id) {
    return std::string(key_id) + "." + base::base64url(base::random_bytes(kSessionSecretBytes));
}

std::string Sessions::begin(SignedIn who) {
    const std::string secret = make_session_secret(who.key_id);
    Session session{base::sha256(secret), clock_.steady_ms(), std::move(who.caller)};
    base::MutexLock lock(mutex_);
    drop_idle();
    std::vector<Session>& sessions = of_keys_[who.key_id];
    if (sessions.size() >= kMostOfKey)
        sessions.erase(std::ranges::min_element(sessions, {}, &Session::used_ms));
    sessions.push_back(std::move(session));
    return secret;
}

std::optional<SignedIn> Sessions::find(std::string_view secret) {
    std::string key_id = key_id_of(secret);
    if (key_id.empty()) return std::nullopt;
    const std::string hash = base::sha256(secret);
    const int64_t now = clock_.steady_ms();
    base::MutexLock lock(mutex_);
    const auto found = of_keys_.find(key_id);
    if (found == of_keys_.end()) return std::nullopt;
    for (Session& session : found->second) {
        if (!base::equal_constant_time(session.hash, hash)) continue;
        if (now - session.used_ms >= kIdleMs) return std::nullopt;
        session.used_ms = now;
        return SignedIn{std::move(key_id), session.caller};
    }
    return std::nullopt;
}

void Sessions::end(std::string_view secret) {
    const std::string key_id = key_id_of(secret);
    const std::string hash = base::sha256(secret);
    base::MutexLock lock(mutex_);
    const auto found = of_keys_.find(key_id);
    if (found == of_keys_.end()) return;
    std::erase_if(found->second,
                  [&](const Session& one) { return base::equal_constant_time(one.hash, hash); });
    if (found->second.empty()) of_keys_.erase(found);
}

size_t Sessions::count() const {
    base::MutexLock lock(mutex_);
    size_t count = 0;
    for (const auto& [key_id, sessions] : of_keys_) count += sessions.size();
    return count;
}

void Sessions::drop_idle() {
    const int64_t now = clock_.steady_ms();
    for (auto& [key_id, sessions] : of_keys_)
        std::erase_if(sessions, [now](const Session& one) { return now - one.used_ms >= kIdleMs; });
    std::erase_if(of_keys_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace snapgate::identity
