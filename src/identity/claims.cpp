#include "identity/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "identity/refusals.h"

namespace snapgate::identity {
namespace {

using base::Result;

constexpr size_t kMostAudiences = 100;
constexpr size_t kMostUsername = 253;
// 2^40 seconds, tens of thousands of years.
constexpr double kLatestSeconds = 1'099'511'627'776.0;

// A NumericDate (RFC 7519, section 2): seconds, perhaps with a fraction, as milliseconds. nullopt
// if the claim is not there.
Result<std::optional<int64_t>> time_of(const json::Object& claims, std::string_view name) {
    const json::Value* value = claims.if_contains(name);
    if (value == nullptr) return std::optional<int64_t>();
    double seconds = -1;
    if (value->is_number()) seconds = value->to_number<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds > kLatestSeconds)
        return refuse(Refusal::kClaims, fmt::format("its claim {} is no time", name));
    return std::optional<int64_t>(static_cast<int64_t>(seconds * 1000));
}

Result<int64_t> check_times(const json::Object& claims, const DeclaredIssuer& issuer,
                            int64_t now_ms) {
    const int64_t skew_ms = issuer.clock_skew.count();
    SNAPGATE_ASSIGN(const auto expires, time_of(claims, "exp"));
    SNAPGATE_ASSIGN(const auto not_before, time_of(claims, "nbf"));
    SNAPGATE_ASSIGN(const auto issued, time_of(claims, "iat"));
    if (!expires) return refuse(Refusal::kClaims, "it has no claim exp: it would never expire");
    if (*expires + skew_ms <= now_ms) return refuse(Refusal::kExpired, "it has expired");
    for (const auto& begin : {not_before, issued}) {
        if (begin && *begin - skew_ms > now_ms)
            return refuse(Refusal::kTooEarly, "it is not good yet: its time begins later");
    }
    return *expires + skew_ms;
}

// A name of a user stands in logs and answers.
bool is_username(std::string_view text) {
    if (text.empty() || text.size() > kMostUsername) return false;
    while (!text.empty()) {
        const base::CodePoint character = base::first_character(text);
        if (character.length == 0 || base::is_hidden(character.value)) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

bool is_one_of(const json::Value& value, const std::vector<std::string>& texts) {
    return value.is_string() &&
           std::ranges::find(texts, std::string_view(value.get_string())) != texts.end();
}

// Whether the value is one of the texts, or a list that has one of them.
bool has_one_of(const json::Value& value, const std::vector<std::string>& texts) {
    if (const json::Array* list = value.if_array()) {
        return std::ranges::any_of(*list,
                                   [&](const json::Value& one) { return is_one_of(one, texts); });
    }
    return is_one_of(value, texts);
}

Result<void> check_audience(const json::Object& claims, const DeclaredIssuer& issuer) {
    const json::Value* audience = claims.if_contains("aud");
    const json::Array* list = audience == nullptr ? nullptr : audience->if_array();
    if (list != nullptr && list->size() > kMostAudiences)
        return refuse(Refusal::kClaims,
                      fmt::format("it is for more than {} audiences", kMostAudiences));
    if (audience == nullptr || !has_one_of(*audience, issuer.audiences))
        return refuse(Refusal::kAudience, "it is made for another audience (its claim aud)");
    return {};
}

Result<std::string> username_of(const json::Object& claims, const DeclaredIssuer& issuer) {
    const json::Value* value = claims.if_contains(issuer.username_claim);
    const std::string_view name = value != nullptr && value->is_string()
                                      ? std::string_view(value->get_string())
                                      : std::string_view();
    if (!is_username(name)) {
        return refuse(Refusal::kClaims,
                      fmt::format("its claim {} is not the name of a user: 1 to {} bytes that "
                                  "can be printed",
                                  issuer.username_claim, kMostUsername));
    }
    // OpenID Connect Core 1.0, section 5.7: an address that nobody has checked tells nothing.
    const json::Value* verified = claims.if_contains("email_verified");
    if (issuer.username_claim == "email" && verified != nullptr &&
        (!verified->is_bool() || !verified->get_bool()))
        return refuse(Refusal::kClaims, "the issuer has not verified its claim email");
    return fmt::format("{}:{}", issuer.name, name);
}

bool fits(const Rule& rule, const json::Object& claims) {
    const json::Object* in = &claims;
    for (size_t level = 0; level < rule.claim.size(); ++level) {
        const json::Value* value = in->if_contains(rule.claim[level]);
        if (value == nullptr) return false;
        if (level + 1 == rule.claim.size()) return has_one_of(*value, rule.values);
        in = value->if_object();
        if (in == nullptr) return false;
    }
    return false;
}

std::vector<Grant> grants_of(const json::Object& claims, const DeclaredIssuer& issuer) {
    std::vector<Grant> grants;
    const auto add = [&](const Rule& rule, const std::string& project) {
        if (std::ranges::find(grants, project, &Grant::project) == grants.end())
            grants.push_back({rule.role, project, rule.clusters});
    };
    for (const Rule& rule : issuer.rules) {
        if (!fits(rule, claims)) continue;
        if (rule.tenant) add(rule, {});
        for (const std::string& project : rule.projects) add(rule, project);
    }
    return grants;
}

}  // namespace

std::string_view issuer_of(const json::Object& claims) {
    const json::Value* issuer = claims.if_contains("iss");
    if (issuer == nullptr || !issuer->is_string()) return {};
    return issuer->get_string();
}

Result<Claims> check_claims(const json::Object& claims, const DeclaredIssuer& issuer,
                            int64_t now_ms) {
    if (issuer_of(claims) != issuer.issuer)
        return refuse(Refusal::kUnknownIssuer, "its issuer is not known here");
    SNAPGATE_TRY(check_audience(claims, issuer));
    Claims checked;
    SNAPGATE_ASSIGN(checked.expires_ms, check_times(claims, issuer, now_ms));
    SNAPGATE_ASSIGN(checked.username, username_of(claims, issuer));
    checked.grants = grants_of(claims, issuer);
    if (checked.grants.empty()) {
        return refuse(Refusal::kNoRule, fmt::format("no rule of the issuer {} gives {} a role here",
                                                    issuer.name, checked.username));
    }
    return checked;
}

}  // namespace snapgate::identity
