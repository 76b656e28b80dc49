#include "identity/key_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "json/value.h"

namespace snapgate::identity {
namespace {

using base::Code;
using base::Error;
using base::PublicKey;
using base::Result;

Error no_key(std::string what) {
    return {Code::kInvalidBody, std::move(what)};
}

// A member that is base64url of bytes.
Result<std::string> bytes_of(const json::Object& key, std::string_view member) {
    SNAPGATE_ASSIGN(const std::string text, json::optional_string(key, member));
    auto bytes = base::decode_base64url(text);
    if (text.empty() || !bytes)
        return no_key(fmt::format("its member \"{}\" is not base64url", member));
    return std::move(*bytes);
}

struct Material {
    PublicKey key;
    std::string bytes;  // all of the key
};

Result<Material> read_rsa(const json::Object& key) {
    SNAPGATE_ASSIGN(const std::string modulus, bytes_of(key, "n"));
    SNAPGATE_ASSIGN(const std::string exponent, bytes_of(key, "e"));
    SNAPGATE_ASSIGN(PublicKey made, PublicKey::rsa(modulus, exponent));
    return Material{std::move(made), fmt::format("{} {}", base::hex(modulus), base::hex(exponent))};
}

Result<Material> read_elliptic(const json::Object& key) {
    SNAPGATE_ASSIGN(const std::string curve, json::optional_string(key, "crv"));
    if (curve != "P-256" && curve != "P-384") return no_key("its curve is not P-256 or P-384");
    SNAPGATE_ASSIGN(const std::string x, bytes_of(key, "x"));
    SNAPGATE_ASSIGN(const std::string y, bytes_of(key, "y"));
    const auto type = curve == "P-256" ? PublicKey::Type::kP256 : PublicKey::Type::kP384;
    SNAPGATE_ASSIGN(PublicKey made, PublicKey::elliptic(type, x, y));
    return Material{std::move(made), fmt::format("{} {}", base::hex(x), base::hex(y))};
}

Result<Material> read_edwards(const json::Object& key) {
    SNAPGATE_ASSIGN(const std::string curve, json::optional_string(key, "crv"));
    if (curve != "Ed25519") return no_key("its curve is not Ed25519");
    SNAPGATE_ASSIGN(std::string x, bytes_of(key, "x"));
    SNAPGATE_ASSIGN(PublicKey made, PublicKey::ed25519(x));
    return Material{std::move(made), base::hex(x)};
}

Result<Material> read_material(const json::Object& key) {
    SNAPGATE_ASSIGN(const std::string type, json::optional_string(key, "kty"));
    if (type == "RSA") return read_rsa(key);
    if (type == "EC") return read_elliptic(key);
    if (type == "OKP") return read_edwards(key);
    if (type == "oct") return no_key("it is a shared secret");
    return no_key("its type is not known");
}

// Whether it is for signatures (RFC 7517, sections 4.2 and 4.3).
Result<void> check_use(const json::Object& key) {
    SNAPGATE_ASSIGN(const std::string use, json::optional_string(key, "use"));
    if (!use.empty() && use != "sig") return no_key("it is not for signatures");
    const json::Value* operations = key.if_contains("key_ops");
    if (operations == nullptr) return {};
    if (!operations->is_array()) return no_key("its member \"key_ops\" is no list");
    const bool verifies = std::ranges::any_of(operations->get_array(), [](const json::Value& one) {
        return one.is_string() && one.get_string() == "verify";
    });
    if (!verifies) return no_key("it is not for verifying");
    return {};
}

Result<std::shared_ptr<const SigningKey>> read_key(const json::Value& value) {
    if (!value.is_object()) return no_key("it is no object");
    const json::Object& object = value.get_object();
    SNAPGATE_TRY(check_use(object));
    SNAPGATE_ASSIGN(std::string id, json::optional_string(object, "kid"));
    if (id.size() > kMostKeyIdBytes)
        return no_key(fmt::format("its kid has more than {} bytes", kMostKeyIdBytes));
    SNAPGATE_ASSIGN(const std::string name, json::optional_string(object, "alg"));
    const auto algorithm = base::parse_signature_algorithm(name);
    if (!name.empty() && !algorithm) return no_key("its algorithm is none that is verified here");
    SNAPGATE_ASSIGN(Material material, read_material(object));
    if (algorithm && !material.key.fits(*algorithm))
        return no_key("its algorithm does not fit its type");
    std::string fingerprint = base::sha256(fmt::format(
        "{} {} {} {}", base::hex(id), name, static_cast<int>(material.key.type()), material.bytes));
    return std::shared_ptr<const SigningKey>(
        new SigningKey{std::move(id), algorithm, std::move(material.key), std::move(fingerprint)});
}

}  // namespace

Result<KeySet> read_key_set(std::string_view text) {
    if (text.size() > kMostKeySetBytes)
        return no_key(fmt::format("the key set has more than {} bytes", kMostKeySetBytes));
    const auto document = json::parse(text);
    if (!document) return no_key("the key set is no JSON: " + document.error().message);
    const json::Object* object = document->if_object();
    const json::Value* list = object == nullptr ? nullptr : object->if_contains("keys");
    if (list == nullptr || !list->is_array()) return no_key("the key set has no list \"keys\"");
    if (list->get_array().size() > kMostKeys)
        return no_key(fmt::format("the key set has more than {} keys", kMostKeys));
    KeySet set;
    for (const json::Value& value : list->get_array()) {
        auto key = read_key(value);
        if (key) {
            set.keys.push_back(std::move(*key));
        } else if (set.passed_over++ == 0) {
            set.why_first = key.error().message;
        }
    }
    set.text = text;
    if (!set.keys.empty()) return set;
    if (set.passed_over == 0) return no_key("the key set is empty");
    return no_key(
        fmt::format("the key set has no key that verifies signatures here ({})", set.why_first));
}

}  // namespace snapgate::identity
