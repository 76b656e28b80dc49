#include "identity/signed_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "identity/key_set.h"
#include "identity/refusals.h"

namespace snapgate::identity {
namespace {

using base::Error;
using base::Result;

constexpr size_t kMostHeaderBytes = 4096;

Error malformed(std::string_view what) {
    return refuse(Refusal::kMalformed, fmt::format("it is no JSON Web Token: {}", what));
}

// A part that is base64url of a JSON object.
Result<json::Object> read_part(std::string_view part, std::string_view what) {
    const auto text = base::decode_base64url(part);
    if (!text) return malformed(fmt::format("its {} is not base64url", what));
    auto value = json::parse(*text);
    if (!value || !value->is_object())
        return malformed(fmt::format("its {} is no JSON object, or has a member twice", what));
    return std::move(value->get_object());
}

// RFC 8725, section 3.11: tokens that are made for something else name it in their type.
bool is_known_type(const json::Value& type) {
    if (!type.is_string()) return false;
    constexpr std::array<std::string_view, 4> kTypes{"JWT", "application/jwt", "at+jwt",
                                                     "application/at+jwt"};
    const std::string_view name = type.get_string();
    return std::ranges::any_of(
        kTypes, [&](std::string_view known) { return base::equal_ignoring_case(known, name); });
}

Result<void> read_header(const json::Object& header, SignedToken& token) {
    if (header.contains("crit"))
        return refuse(Refusal::kMalformed, "its header has extensions that are not known here");
    const json::Value* type = header.if_contains("typ");
    if (type != nullptr && !is_known_type(*type))
        return refuse(Refusal::kMalformed, "its type is not JWT");
    const json::Value* name = header.if_contains("alg");
    if (name == nullptr || !name->is_string()) return malformed("its header names no algorithm");
    const auto algorithm = base::parse_signature_algorithm(name->get_string());
    if (!algorithm) {
        return refuse(Refusal::kAlgorithm,
                      "its algorithm is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, "
                      "ES384 and EdDSA");
    }
    token.algorithm = *algorithm;
    const json::Value* id = header.if_contains("kid");
    if (id == nullptr) return {};
    if (!id->is_string() || id->get_string().size() > kMostKeyIdBytes)
        return malformed(fmt::format("its kid is no text of at most {} bytes", kMostKeyIdBytes));
    token.key_id = std::string_view(id->get_string());
    return {};
}

}  // namespace

bool looks_like_token(std::string_view text) {
    // {" in base64url; RFC 7519 allows blanks there, which nobody writes.
    return text.starts_with("eyJ") && std::ranges::count(text, '.') == 2;
}

Result<SignedToken> read_signed_token(std::string_view text) {
    if (text.size() > kMostTokenBytes)
        return malformed(fmt::format("it has more than {} bytes", kMostTokenBytes));
    if (!looks_like_token(text)) return malformed("it has not three parts");
    const size_t first = text.find('.');
    const size_t second = text.find('.', first + 1);
    if (first > kMostHeaderBytes)
        return malformed(fmt::format("its header has more than {} bytes", kMostHeaderBytes));
    SignedToken token;
    SNAPGATE_ASSIGN(const json::Object header, read_part(text.substr(0, first), "header"));
    SNAPGATE_TRY(read_header(header, token));
    SNAPGATE_ASSIGN(token.claims, read_part(text.substr(first + 1, second - first - 1), "payload"));
    token.signed_part = text.substr(0, second);
    auto signature = base::decode_base64url(text.substr(second + 1));
    if (!signature || signature->empty()) return malformed("its signature is not base64url");
    token.signature = std::move(*signature);
    return token;
}

}  // namespace snapgate::identity
