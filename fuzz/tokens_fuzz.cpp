// Tokens of issuers, the keys and documents that issuers publish, and what a configuration file
// says of them.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "base/log.h"
#include "base/public_key.h"
#include "check.h"
#include "identity/claims.h"
#include "identity/declared_issuer.h"
#include "identity/key_set.h"
#include "identity/key_source.h"
#include "identity/key_url.h"
#include "identity/signed_token.h"
#include "identity/verifier.h"
#include "input.h"
#include "json/value.h"

namespace {

using namespace snapgate;
using fuzz::check;

constexpr int64_t kNow = 1'700'000'000'000;
constexpr std::string_view kIssuer = "https://id.example.com";
// The key of RFC 8037, appendix A: its secret half is not here.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

class StillClock : public base::Clock {
  public:
    int64_t now_ms() const override { return kNow; }
    int64_t steady_ms() const override { return 1000; }
};

identity::DeclaredIssuer declared() {
    identity::DeclaredIssuer issuer;
    issuer.name = "corp";
    issuer.issuer = kIssuer;
    issuer.audiences = {"snapgate"};
    issuer.rules = {{{"groups"}, {"staff"}, access::Role::kEditor, {"shop"}, false, {"web"}},
                    {{"a", "b"}, {"c"}, access::Role::kReader, {}, true, {}}};
    return issuer;
}

identity::Verifier& verifier() {
    static const StillClock clock;
    static identity::Verifier* const made = [] {
        base::log::set_level(base::log::Level::kError);
        auto issuer = std::make_shared<identity::Issuer>(declared(), clock);
        auto keys = identity::read_key_set(kKeys);
        check(keys.has_value(), "the key is read");
        issuer->end_fetch(std::move(*keys));
        auto* verifier = new identity::Verifier(clock);
        verifier->replace({issuer});
        return verifier;
    }();
    return *made;
}

void check_token(std::string_view text) {
    const auto token = identity::read_signed_token(text);
    const identity::Verified verified = verifier().verify(text);
    check(!verified.caller, "nobody can make a token without the key");
    fuzz::check_says_why(verified.caller.error());
    if (!token) {
        check(token.error().code == base::Code::kUnauthorized, "the code of a refusal");
        check(verified.caller.error().message == token.error().message, "a token is read alike");
        // A text that quoted the token would be another one for each token.
        static std::set<std::string> messages;
        messages.insert(token.error().message);
        return check(messages.size() <= 20, "a refusal is one of a few texts");
    }
    check(identity::looks_like_token(text), "what is a token looks like one");
    fuzz::check_equal(std::string(token->signed_part) + "." + base::base64url(token->signature),
                      text, "there is one way to write a token");
    check(text.size() <= identity::kMostTokenBytes, "a token is bounded");
    check(token->key_id.size() <= identity::kMostKeyIdBytes, "the name of its key, too");
}

void check_keys(std::string_view text) {
    const auto set = identity::read_key_set(text);
    if (!set) return fuzz::check_says_why(set.error());
    check(!set->keys.empty() && set->keys.size() + set->passed_over <= identity::kMostKeys,
          "keys are bounded");
    check((set->passed_over == 0) == set->why_first.empty(), "what is passed over has a reason");
    const auto again = identity::read_key_set(text);
    for (size_t i = 0; i < set->keys.size(); ++i) {
        const identity::SigningKey& key = *set->keys[i];
        check(key.id.size() <= identity::kMostKeyIdBytes, "a name is bounded");
        check(!key.algorithm || key.key.fits(*key.algorithm), "an algorithm fits its key");
        check(again->keys.at(i)->fingerprint == key.fingerprint, "a key is the same again");
        check(!key.key.verify(base::SignatureAlgorithm::kEdDsa, "message", std::string(64, '\0')),
              "nothing signs with nothing");
    }
}

void check_claims(std::string_view text) {
    const auto value = json::parse(text);
    if (!value || !value->is_object()) return;
    const auto checked = identity::check_claims(value->get_object(), declared(), kNow);
    if (!checked) return fuzz::check_says_why(checked.error());
    check(identity::issuer_of(value->get_object()) == kIssuer, "they are of the issuer");
    check(checked->username.starts_with("corp:") && checked->username.size() <= 5 + 253,
          "a user has a name");
    check(checked->expires_ms > kNow, "they are not over");
    check(!checked->grants.empty() && checked->grants.size() <= 2, "they give something");
}

void check_documents(std::string_view text) {
    if (const auto place = identity::read_discovery(text, kIssuer))
        check(identity::read_key_url(*place).has_value(), "keys are at an https address");
    if (const auto url = identity::read_key_url(text)) {
        check(url->server.starts_with("https://"), "over https alone");
        check(url->target.starts_with('/') &&
                  std::ranges::all_of(url->target,
                                      [](char c) { return c > ' ' && c < '\x7f' && c != '#'; }),
              "a target is one word");
        check(identity::read_key_url(url->text())->text() == url->text(), "an address stays");
    }
    if (const auto algorithm = base::parse_signature_algorithm(text))
        fuzz::check_equal(base::signature_algorithm_name(*algorithm), text, "a name stays");
}

void check_issuers(std::string_view text) {
    const auto value = json::parse(text);
    if (!value) return;
    const auto issuers = identity::read_issuers(*value, "/etc/snapgate");
    if (!issuers) {
        fuzz::check_says_why(issuers.error());
        return check(issuers.error().subject.starts_with("issuers"), "the place of the fault");
    }
    for (const identity::DeclaredIssuer& issuer : *issuers) {
        check(!issuer.audiences.empty() && !issuer.rules.empty(), "an issuer is held to something");
        check(!issuer.jwks_file.empty() || identity::read_key_url(issuer.jwks_url) ||
                  identity::discovery_url(issuer.issuer),
              "its keys are somewhere");
        for (const identity::Rule& rule : issuer.rules) {
            check(!rule.claim.empty() && !rule.values.empty(), "a rule asks for something");
            check(rule.tenant == rule.projects.empty(), "and gives one thing");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    check_token(text);
    check_keys(text);
    check_claims(text);
    check_documents(text);
    check_issuers(text);
    return 0;
}
