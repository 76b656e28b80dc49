#include "identity/key_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/read_file.h"
#include "identity/key_url.h"
#include "json/value.h"
#include "net/client/outbound.h"

namespace snapgate::identity {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::seconds kFetchTimeout{15};  // for each of the two documents
constexpr size_t kMostDiscoveryBytes = 64 << 10;
constexpr size_t kMostCaBytes = 1 << 20;

Error about(std::string_view what, const Error& error) {
    return {error.code, fmt::format("{}: {}", what, error.message), error.subject};
}

Result<std::string> read(const std::filesystem::path& file, size_t most) {
    auto text = base::read_file(file, most);
    if (!text) return about(file.string(), text.error());
    return text;
}

// The value of a header that shows the token of a file, which a kubelet, for example, renews.
Result<std::string> bearer_of(const std::filesystem::path& file) {
    SNAPGATE_ASSIGN(std::string token, read(file, 64 << 10));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    const bool plain = std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
    if (token.empty() || !plain)
        return Error(Code::kInvalidBody, fmt::format("{}: holds no token", file.string()));
    return "Bearer " + token;
}

// Fetches for one issuer.
class Fetching {
  public:
    Fetching(const DeclaredIssuer& issuer, std::shared_ptr<const net::AddressRules> rules)
        : issuer_(issuer), rules_(std::move(rules)) {}

    net::Awaitable<Result<KeySet>> run() {
        std::string place = issuer_.jwks_url;
        std::string named = issuer_.jwks_url;  // by the configuration
        if (place.empty()) {
            SNAPGATE_CO_ASSIGN(const KeyUrl url, discovery_url(issuer_.issuer));
            SNAPGATE_CO_ASSIGN(const std::string text,
                               co_await get(url, kMostDiscoveryBytes, true));
            auto found = read_discovery(text, issuer_.issuer);
            if (!found) co_return about(url.text(), found.error());
            place = std::move(*found);
            named = issuer_.issuer;
        }
        SNAPGATE_CO_ASSIGN(const KeyUrl url, read_key_url(place));
        SNAPGATE_CO_ASSIGN(const KeyUrl trusted, read_key_url(named));
        SNAPGATE_CO_ASSIGN(const std::string text,
                           co_await get(url, kMostKeySetBytes, url.server == trusted.server));
        auto keys = read_key_set(text);
        if (!keys) co_return about(url.text(), keys.error());
        co_return std::move(*keys);
    }

  private:
    net::Awaitable<Result<std::string>> get(KeyUrl url, size_t most, bool with_token) {
        net::OutboundOptions options{.server = url.server, .rules = rules_};
        options.advice.not_trusted = "give the certificate of its authority as ca-file";
        if (!issuer_.ca_file.empty()) {
            SNAPGATE_CO_ASSIGN(options.ca, read(issuer_.ca_file, kMostCaBytes));
        }
        auto target = net::OutboundTarget::make(options);
        if (!target) co_return about(url.server, target.error());
        net::ClientRequest request;
        request.target = url.target;
        request.headers = {{"Accept", "application/json"}};
        if (with_token && !issuer_.token_file.empty()) {
            SNAPGATE_CO_ASSIGN(std::string bearer, bearer_of(issuer_.token_file));
            request.headers.emplace_back("Authorization", std::move(bearer));
        }
        auto answer = co_await net::exchange(*target, request, kFetchTimeout, most);
        if (!answer) co_return std::move(answer).error();
        if (answer->status != 200) {
            co_return Error(Code::kBadPeer,
                            fmt::format("{}: answers with {}", url.text(), answer->status));
        }
        co_return std::move(answer->body);
    }

    const DeclaredIssuer& issuer_;
    const std::shared_ptr<const net::AddressRules> rules_;
};

}  // namespace

Result<std::string> read_discovery(std::string_view text, std::string_view issuer) {
    const auto document = json::parse(text);
    const json::Object* object = document ? document->if_object() : nullptr;
    if (object == nullptr)
        return Error(Code::kInvalidBody, "the discovery document is no JSON object");
    // Else one issuer could give out keys of its own as those of another.
    const json::Value* named = object->if_contains("issuer");
    if (named == nullptr || !named->is_string() || named->get_string() != issuer) {
        return Error(Code::kInvalidBody,
                     "the discovery document is that of another issuer: its member \"issuer\" is "
                     "not the issuer that is declared, letter by letter");
    }
    const json::Value* place = object->if_contains("jwks_uri");
    if (place == nullptr || !place->is_string() ||
        !read_key_url(std::string_view(place->get_string()))) {
        return Error(Code::kInvalidBody,
                     "the discovery document has no member \"jwks_uri\" that is an https:// "
                     "address");
    }
    return std::string(std::string_view(place->get_string()));
}

net::Awaitable<Result<KeySet>> fetch_keys(const DeclaredIssuer& issuer,
                                          std::shared_ptr<const net::AddressRules> rules) {
    if (!issuer.jwks_file.empty()) {
        SNAPGATE_CO_ASSIGN(const std::string text, read(issuer.jwks_file, kMostKeySetBytes));
        auto keys = read_key_set(text);
        if (!keys) co_return about(issuer.jwks_file.string(), keys.error());
        co_return std::move(*keys);
    }
    Fetching fetching(issuer, std::move(rules));
    co_return co_await fetching.run();
}

}  // namespace snapgate::identity
