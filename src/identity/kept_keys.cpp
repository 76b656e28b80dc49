#include "identity/kept_keys.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/secret_file.h"
#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::identity {

namespace {

// The key set is a text within the document, so its quotes are escaped.
constexpr size_t kMostFileBytes = 2 * kMostKeySetBytes + 4096;

base::Result<KeptKeys::Kept> parse(std::string_view text) {
    SNAPGATE_ASSIGN(const json::Value document, json::parse(text));
    const json::Object* object = document.if_object();
    const json::Value* keys = object == nullptr ? nullptr : object->if_contains("jwks");
    const auto fetched_ms =
        object == nullptr ? std::nullopt : json::whole_number(*object, "fetchedAtMs");
    if (!fetched_ms || keys == nullptr || !keys->is_string())
        return base::Error(base::Code::kCorrupt, "it holds no keys of an issuer");
    SNAPGATE_ASSIGN(KeySet set, read_key_set(std::string_view(keys->get_string())));
    return KeptKeys::Kept{std::move(set), *fetched_ms};
}

void tell(const char* what, const std::filesystem::path& file, std::string_view why) {
    base::log::warning(what, {{"file", file.string()}, {"error", why}});
}

}  // namespace

bool KeptKeys::keeps(const DeclaredIssuer& issuer) const {
    return !folder_.empty() && issuer.jwks_file.empty();
}

std::filesystem::path KeptKeys::file_of(const DeclaredIssuer& issuer) const {
    const std::string where = fmt::format("{}\n{}\n{}\n{}", issuer.name, issuer.issuer,
                                          issuer.jwks_url, issuer.ca_file.string());
    return folder_ / (base::hex(base::sha256(where)).substr(0, 32) + ".json");
}

std::optional<KeptKeys::Kept> KeptKeys::read(const DeclaredIssuer& issuer) const {
    if (!keeps(issuer)) return std::nullopt;
    const std::filesystem::path file = file_of(issuer);
    auto text = base::read_file(file, kMostFileBytes);
    if (!text) {
        if (text.error().code != base::Code::kNotFound)
            tell("cannot read the kept keys of an issuer of tokens", file, text.error().message);
        return std::nullopt;
    }
    auto kept = parse(*text);
    if (!kept) {
        tell("cannot read the kept keys of an issuer of tokens", file, kept.error().message);
        return std::nullopt;
    }
    return std::move(*kept);
}

void KeptKeys::write(const DeclaredIssuer& issuer, const KeySet& keys, int64_t fetched_ms) const {
    if (!keeps(issuer)) return;
    constexpr const char* kCannot = "cannot keep the keys of an issuer of tokens";
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
        tell(kCannot, folder_, std::generic_category().message(errno));
        return;
    }
    const std::filesystem::path file = file_of(issuer);
    const json::Object document{
        {"issuer", issuer.issuer}, {"fetchedAtMs", fetched_ms}, {"jwks", keys.text}};
    if (auto written = base::write_secret(file, json::serialize(document) + "\n"); !written)
        tell(kCannot, file, written.error().message);
}

void KeptKeys::keep_only(std::span<const DeclaredIssuer> issuers) const {
    if (folder_.empty()) return;
    std::set<std::filesystem::path> wanted;
    for (const DeclaredIssuer& issuer : issuers)
        if (keeps(issuer)) wanted.insert(file_of(issuer));
    std::error_code ec;
    for (std::filesystem::directory_iterator entry(folder_, ec), end; !ec && entry != end;
         entry.increment(ec)) {
        std::error_code ignored;
        if (!wanted.contains(entry->path())) std::filesystem::remove(entry->path(), ignored);
    }
}

}  // namespace snapgate::identity
