#include "mirror/seen_names.h"

#include <algorithm>
#include <cstring>

#include "base/crypto.h"

namespace snapgate::mirror {
namespace {

constexpr size_t kKeyBytes = 16;

}  // namespace

SeenNames::SeenNames() : key_(base::random_bytes(kKeyBytes)) {}

SeenNames::Hash SeenNames::hash(std::string_view ns, std::string_view name) const {
    std::string text = key_;
    text += ns;
    text += '\0';
    text += name;
    const std::string digest = base::sha256(text);
    Hash hash{};
    std::memcpy(hash.data(), digest.data(), sizeof(hash));
    return hash;
}

void SeenNames::add(std::string_view ns, std::string_view name) {
    hashes_.push_back(hash(ns, name));
}

void SeenNames::sort() {
    std::ranges::sort(hashes_);
    const auto rest = std::ranges::unique(hashes_);
    hashes_.erase(rest.begin(), rest.end());
}

bool SeenNames::has(std::string_view ns, std::string_view name) const {
    return std::ranges::binary_search(hashes_, hash(ns, name));
}

}  // namespace snapgate::mirror
