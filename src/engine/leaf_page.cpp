#include "engine/leaf_page.h"

#include <cstddef>
#include <cstdint>

#include "engine/lmdb_file.h"

namespace snapgate::engine {

using lmdb::load;

bool is_sound_leaf(std::string_view page) {
    const size_t lower = load<uint16_t>(page, lmdb::kPageLowerAt);
    const size_t upper = load<uint16_t>(page, lmdb::kPageUpperAt);
    if (load<uint16_t>(page, lmdb::kPageFlagsAt) != lmdb::kLeafPage ||
        lower <= lmdb::kPageHeaderBytes || lower % 2 != 0 || lower > upper || upper > page.size())
        return false;
    std::string_view before;  // no key is empty, so the first one comes after it
    size_t bytes = 0;
    for (size_t place = lmdb::kPageHeaderBytes; place < lower; place += sizeof(uint16_t)) {
        const size_t at = load<uint16_t>(page, place);
        if (at < upper || at + lmdb::kEntryHeaderBytes > page.size()) return false;
        const size_t key_bytes = load<uint16_t>(page, at + lmdb::kEntryKeyBytesAt);
        const auto flags = load<uint16_t>(page, at + lmdb::kEntryFlagsAt);
        if (key_bytes > lmdb::kMostKeyBytes || (flags & ~lmdb::kOverflowValue) != 0) return false;
        const size_t value_bytes =
            flags == lmdb::kOverflowValue ? sizeof(uint64_t) : load<uint32_t>(page, at);
        const size_t entry = lmdb::kEntryHeaderBytes + key_bytes + value_bytes;
        if (entry > page.size() - at) return false;
        const std::string_view key(page.data() + at + lmdb::kEntryHeaderBytes, key_bytes);
        if (key <= before) return false;
        before = key;
        bytes += entry + entry % 2;
    }
    return bytes == page.size() - upper;
}

}  // namespace snapgate::engine
