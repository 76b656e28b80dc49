#include "api/presented_key.h"

#include <fmt/format.h>

#include <string>

#include "base/encoding.h"
#include "identity/signed_token.h"
#include "net/http/header_values.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

std::optional<std::string_view> bearer_token(const net::Request& request) {
    const auto value = request.header("Authorization");
    if (!value) return std::nullopt;
    const size_t blank = value->find(' ');
    if (!base::equal_ignoring_case(value->substr(0, blank), "Bearer")) return std::nullopt;
    if (blank == std::string_view::npos) return std::string_view();
    return net::trim_blanks(value->substr(blank));
}

namespace {

// The token in Authorization, behind the word Bearer or, of an issuer, without it; "" for none.
std::string_view authorization_of(const net::Request& request) {
    if (const auto token = bearer_token(request)) return *token;
    const std::string_view value = request.header("Authorization").value_or("");
    return identity::looks_like_token(value) ? value : std::string_view();
}

}  // namespace

Result<std::string_view> presented_key(const net::Request& request) {
    for (std::string_view name : {"ApiKey", "Authorization"}) {
        if (request.header_count(name) > 1) {
            return Error(Code::kInvalidParameter,
                         fmt::format("the header {} was given more than once: give it once", name),
                         std::string(name));
        }
    }
    const std::string_view key = request.header("ApiKey").value_or("");
    const std::string_view token = authorization_of(request);
    if (!key.empty() && !token.empty() && key != token) {
        return Error(Code::kInvalidParameter,
                     "the headers ApiKey and Authorization hold two different keys: send one",
                     "Authorization");
    }
    if (!key.empty()) return key;
    if (!token.empty()) return token;
    return Error(Code::kUnauthorized,
                 "the request has no key: send one in the header ApiKey, or as Authorization: "
                 "Bearer");
}

}  // namespace snapgate::api
