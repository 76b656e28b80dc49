#include "identity/key_url.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/server_url.h"

namespace snapgate::identity {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kScheme = "https://";
constexpr size_t kMostBytes = 2048;

}  // namespace

Result<KeyUrl> read_key_url(std::string_view text) {
    const Error wrong(Code::kInvalidParameter,
                      "is no address of the form https://host[:port]/path");
    if (text.size() > kMostBytes ||
        !base::equal_ignoring_case(text.substr(0, kScheme.size()), kScheme))
        return wrong;
    const size_t path = std::min(text.find_first_of("/?#", kScheme.size()), text.size());
    const std::string_view rest = text.substr(path);
    // The path of an address that ends with its host is "/".
    if (rest.starts_with('?') || rest.starts_with('#')) return wrong;
    if (!std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; }))
        return wrong;
    const auto server = base::parse_server_url(text.substr(0, path));
    if (!server) return wrong;
    return KeyUrl{server->text(), rest.empty() ? "/" : std::string(rest)};
}

Result<KeyUrl> discovery_url(std::string_view issuer) {
    SNAPGATE_ASSIGN(KeyUrl url, read_key_url(issuer));
    if (url.target.find('?') != std::string::npos)
        return Error(Code::kInvalidParameter, "an issuer's address has no query");
    while (url.target.ends_with('/')) url.target.pop_back();
    url.target += "/.well-known/openid-configuration";
    return url;
}

}  // namespace snapgate::identity
