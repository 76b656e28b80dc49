#include "base/table_hash.h"

#include <xxhash.h>

#include "base/crypto.h"

namespace snapgate::base {

uint64_t table_hash(std::string_view key) {
    static const uint64_t seed = random_below(UINT64_MAX);
    return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace snapgate::base
