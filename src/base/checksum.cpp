#include "base/checksum.h"

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // takes AVX2 or AVX-512 where the processor has it
#else
#include <xxhash.h>
#endif

namespace snapgate::base {
namespace {

// An odd number, so that the key's part of the sum depends on all bits of its hash.
constexpr uint64_t kKeyFactor = 0x9e3779b97f4a7c15;

}  // namespace

uint32_t checksum(std::string_view key, std::string_view value) {
    return static_cast<uint32_t>(checksum_64(key, value) >> 32);
}

uint64_t checksum_64(std::string_view key, std::string_view value) {
    const uint64_t of_key = XXH3_64bits(key.data(), key.size());
    const uint64_t of_value = XXH3_64bits(value.data(), value.size());
    return of_key * kKeyFactor + of_value;
}

}  // namespace snapgate::base
