#include "identity/verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "identity/claims.h"

namespace snapgate::identity {

using base::Error;
using base::Result;

namespace {

// As many keys of one name are tried: each costs up to a millisecond.
constexpr size_t kMostTries = 4;

// The keys of an issuer that may have signed a token.
struct Candidates {
    std::vector<std::shared_ptr<const SigningKey>> keys;
    bool other_algorithm = false;  // there is the key that it names, but for other signatures
    bool ambiguous = false;        // it names none, and there are several
};

Candidates candidates_for(const SignedToken& token, const KeySet& set) {
    Candidates found;
    for (const auto& key : set.keys) {
        if (!token.key_id.empty() && key->id != token.key_id) continue;
        if (!key->may_sign(token.algorithm)) {
            found.other_algorithm = !token.key_id.empty();
        } else if (found.keys.size() < kMostTries) {
            found.keys.push_back(key);
        }
    }
    // OpenID Connect Core 1.0, section 10.1: with several keys a token names its own.
    if (token.key_id.empty() && found.keys.size() > 1) {
        found.keys.clear();
        found.ambiguous = true;
    }
    return found;
}

}  // namespace

void Verifier::replace(std::vector<std::shared_ptr<Issuer>> issuers) {
    auto made = std::make_shared<const std::vector<std::shared_ptr<Issuer>>>(std::move(issuers));
    const base::MutexLock lock(mutex_);
    issuers_ = std::move(made);
}

std::shared_ptr<const std::vector<std::shared_ptr<Issuer>>> Verifier::issuers() const {
    const base::MutexLock lock(mutex_);
    return issuers_;
}

Verified Verifier::verify(std::string_view token) {
    if (token.size() > kMostTokenBytes) return {read_signed_token(token).error(), {}};
    const std::string hash = base::sha256(token);
    if (auto known = cache_.find(hash)) return {std::move(known), {}};
    Verified verified = verify_anew(token);
    if (verified.caller) cache_.put(hash, *verified.caller);
    return verified;
}

Verified Verifier::verify_anew(std::string_view text) {
    auto token = read_signed_token(text);
    if (!token) return {token.error(), {}};
    const auto issuers = this->issuers();
    const std::string_view name = issuer_of(token->claims);
    bool known = false;
    // Why it is refused, of the issuer that came furthest with it.
    std::optional<Error> refusal;
    std::optional<Error> no_key;
    std::vector<std::shared_ptr<Issuer>> lacking;
    // Several clusters may call themselves the same issuer, each with keys of its own.
    for (const auto& issuer : *issuers) {
        if (name.empty() || issuer->declared().issuer != name) continue;
        known = true;
        if (!issuer->has_usable_keys()) {
            lacking.push_back(issuer);
            no_key = issuer->unavailable();
            continue;
        }
        const Candidates found = candidates_for(*token, *issuer->keys());
        if (found.ambiguous && !refusal) {
            refusal =
                refuse(Refusal::kUnknownKey, "it names no key (kid), and its issuer has several");
        } else if (found.keys.empty() && found.other_algorithm && !refusal) {
            refusal =
                refuse(Refusal::kAlgorithm, "its algorithm is not that of the key that it names");
        } else if (found.keys.empty()) {
            lacking.push_back(issuer);
            if (issuer->is_away()) no_key = issuer->unavailable();
        }
        for (const auto& key : found.keys) {
            if (!key->key.verify(token->algorithm, token->signed_part, token->signature)) {
                if (!refusal)
                    refusal =
                        refuse(Refusal::kSignature, "its signature is not that of its issuer");
                continue;
            }
            auto caller = admit(issuer, key, *token);
            if (caller) return {std::move(caller), {}};
            refusal = std::move(caller).error();
        }
    }
    if (!known) return {refuse(Refusal::kUnknownIssuer, "its issuer is not known here"), {}};
    if (refusal) return {*std::move(refusal), {}};
    if (no_key) return {*std::move(no_key), std::move(lacking)};
    return {refuse(Refusal::kUnknownKey, "its issuer has no key of the name that it gives (kid)"),
            std::move(lacking)};
}

Result<std::shared_ptr<const Caller>> Verifier::admit(const std::shared_ptr<Issuer>& issuer,
                                                      const std::shared_ptr<const SigningKey>& key,
                                                      const SignedToken& token) {
    SNAPGATE_ASSIGN(Claims claims, check_claims(token.claims, issuer->declared(), clock_.now_ms()));
    issuer->count_verified();
    auto rate = cache_.rate_of(Caller::id_of(issuer->declared(), claims.username));
    return std::make_shared<const Caller>(issuer, key, std::move(claims), std::move(rate), clock_);
}

void Verifier::count(const Error& error) {
    ++refused_.at(static_cast<size_t>(refusal_of(error)));
}

std::array<uint64_t, kRefusalNames.size()> Verifier::refused() const {
    std::array<uint64_t, kRefusalNames.size()> counts{};
    std::ranges::transform(refused_, counts.begin(), [](const auto& one) { return one.load(); });
    return counts;
}

}  // namespace snapgate::identity
