#include "query/text_table.h"

#include <algorithm>
#include <bit>

#include "base/table_hash.h"

namespace snapgate::query {

namespace {

constexpr size_t kLeastSlots = 16;

}  // namespace

TextTable::TextTable(const Texts& texts) {
    rebuild(texts.size() * 4, texts);
}

uint32_t TextTable::index_of(std::string_view text, Texts& texts) {
    if (last_ != kNone && texts[last_] == text) return last_;
    if (slots_.size() <= texts.size() * 2) rebuild(texts.size() * 4, texts);
    uint32_t& slot = slots_[slot_of(text, texts)];
    if (slot == kNone) {
        slot = static_cast<uint32_t>(texts.size());
        texts.add(text);
    }
    last_ = slot;
    return last_;
}

size_t TextTable::slot_of(std::string_view text, const Texts& texts) const {
    const size_t mask = slots_.size() - 1;
    size_t at = base::table_hash(text) & mask;
    while (slots_[at] != kNone && texts[slots_[at]] != text) at = (at + 1) & mask;
    return at;
}

void TextTable::rebuild(size_t least, const Texts& texts) {
    slots_.assign(std::bit_ceil(std::max(least, kLeastSlots)), kNone);
    for (uint32_t index = 0; index < texts.size(); ++index)
        slots_[slot_of(texts[index], texts)] = index;
}

}  // namespace snapgate::query
