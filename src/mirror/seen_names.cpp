#include "mirror/seen_names.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/crypto.h"
#include "mirror/siphash.h"

namespace snapgate::mirror {

SeenNames::SeenNames() {
    const std::string random = base::random_bytes(sizeof(key_));
    std::memcpy(key_.data(), random.data(), sizeof(key_));
}

SeenNames::Hash SeenNames::hash(std::string_view ns, std::string_view name) const {
    // The names of Kubernetes hold no zero byte. Both fit: 63 and 253 bytes at most.
    std::array<char, 512> text{};
    const size_t ns_size = std::min(ns.size(), text.size() / 2 - 1);
    const size_t name_size = std::min(name.size(), text.size() / 2);
    std::memcpy(text.data(), ns.data(), ns_size);
    std::memcpy(text.data() + ns_size + 1, name.data(), name_size);
    return siphash_128(key_, {text.data(), ns_size + 1 + name_size});
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
