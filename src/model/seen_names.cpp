#include "model/seen_names.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/crypto.h"
#include "model/siphash.h"

namespace snapgate::model {

namespace {

// So many names are kept before the first look for names that came again.
constexpr size_t kFirstSort = 1 << 16;

}  // namespace

SeenNames::SeenNames() : next_sort_(kFirstSort) {
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
    if (hashes_.size() < next_sort_) return;
    sort();
    next_sort_ = std::max(next_sort_, 2 * hashes_.size());
}

void SeenNames::sort() {
    if (sorted_ == hashes_.size()) return;
    std::ranges::sort(hashes_);
    const auto rest = std::ranges::unique(hashes_);
    hashes_.erase(rest.begin(), rest.end());
    sorted_ = hashes_.size();
}

size_t SeenNames::size() {
    sort();
    return hashes_.size();
}

bool SeenNames::has(std::string_view ns, std::string_view name) {
    sort();
    return std::ranges::binary_search(hashes_, hash(ns, name));
}

}  // namespace snapgate::model
