#pragma once

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/result.h"
#include "identity/declared_issuer.h"
#include "identity/key_set.h"
#include "json/value.h"

namespace snapgate::identity {

// For tests: an issuer's key of Ed25519, which is made of a byte and so the same in each run.
class TestKey {
  public:
    explicit TestKey(std::string id, unsigned char seed = 1) : id_(std::move(id)) {
        const std::vector<unsigned char> secret(32, seed);
        key_.reset(
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
        std::vector<unsigned char> bytes(32);
        size_t size = bytes.size();
        EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size), 1);
        public_ = std::string(bytes.begin(), bytes.end());
    }

    json::Object jwk() const {
        json::Object key{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base::base64url(public_)}};
        if (!id_.empty()) key["kid"] = id_;
        return key;
    }

    std::string sign(std::string_view message) const {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                         EVP_MD_CTX_free);
        std::string signature(64, '\0');
        size_t size = signature.size();
        EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()), 1);
        EXPECT_EQ(
            EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>(message.data()), message.size()),
            1);
        return signature;
    }

    // Of texts that need not be JSON.
    std::string token_of(std::string_view header, std::string_view payload) const {
        const std::string message = base::base64url(header) + "." + base::base64url(payload);
        return message + "." + base::base64url(sign(message));
    }
    std::string token(const json::Object& claims) const {
        json::Object header{{"alg", "EdDSA"}};
        if (!id_.empty()) header["kid"] = id_;
        return token_of(json::serialize(header), json::serialize(claims));
    }

  private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    };

    const std::string id_;
    std::unique_ptr<EVP_PKEY, Free> key_;
    std::string public_;
};

inline KeySet key_set_of(const std::vector<const TestKey*>& keys) {
    json::Array list;
    for (const TestKey* key : keys) list.push_back(key->jwk());
    auto set = read_key_set(json::serialize(json::Object{{"keys", std::move(list)}}));
    if (!set) ADD_FAILURE() << set.error().message;
    return std::move(*set);
}

inline Rule rule(std::string value, access::Role role, std::vector<std::string> projects = {}) {
    Rule made;
    made.claim = {"groups"};
    made.values = {std::move(value)};
    made.role = role;
    made.tenant = projects.empty();
    made.projects = std::move(projects);
    return made;
}

inline DeclaredIssuer test_issuer(std::vector<Rule> rules = {
                                      rule("staff", access::Role::kEditor)}) {
    DeclaredIssuer issuer;
    issuer.name = "corp";
    issuer.issuer = "https://id.example.com";
    issuer.audiences = {"snapgate", "other-name"};
    issuer.clock_skew = std::chrono::seconds(30);
    issuer.rules = std::move(rules);
    return issuer;
}

// Good for ten minutes from `now_ms` on.
inline json::Object test_claims(int64_t now_ms) {
    return {{"iss", "https://id.example.com"},
            {"aud", "snapgate"},
            {"sub", "alice"},
            {"groups", json::Array{"guests", "staff"}},
            {"exp", now_ms / 1000 + 600}};
}

}  // namespace snapgate::identity
