#include "query/token_parts.h"

#include "base/encoding.h"

namespace snapgate::query {
namespace {

// The bits of a number that may be unknown.
constexpr uint8_t kKnown = 1;
constexpr uint8_t kFact = 2;

}  // namespace

void TokenWriter::fixed(const std::string& bytes, size_t /*size*/) {
    bytes_ += bytes;
}

void TokenWriter::u32(uint32_t number) {
    base::append_u32(number, bytes_);
}

void TokenWriter::u64(uint64_t number) {
    base::append_u64(number, bytes_);
}

void TokenWriter::short_text(const std::string& text) {
    bytes_ += static_cast<char>(text.size());
    bytes_ += text;
}

void TokenWriter::text(const std::string& text) {
    base::append_u16(static_cast<uint16_t>(text.size()), bytes_);
    bytes_ += text;
}

void TokenWriter::known(const std::optional<uint64_t>& number, bool fact) {
    bytes_ += static_cast<char>((number ? kKnown : 0) | (fact ? kFact : 0));
    base::append_u64(number.value_or(0), bytes_);
}

TokenReader::TokenReader(std::string_view bytes, char layout) : rest_(bytes) {
    if (take(1) != std::string_view(&layout, 1)) is_whole_ = false;
}

std::string_view TokenReader::take(size_t size) {
    if (size > rest_.size()) {
        is_whole_ = false;
        rest_ = {};
        return {};
    }
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
}

void TokenReader::fixed(std::string& bytes, size_t size) {
    bytes = take(size);
}

void TokenReader::u32(uint32_t& number) {
    const std::string_view part = take(sizeof(number));
    number = part.empty() ? 0 : base::read_u32(part, 0);
}

void TokenReader::u64(uint64_t& number) {
    const std::string_view part = take(sizeof(number));
    number = part.empty() ? 0 : base::read_u64(part, 0);
}

void TokenReader::i64(int64_t& number) {
    uint64_t value = 0;
    u64(value);
    number = static_cast<int64_t>(value);
}

void TokenReader::short_text(std::string& text) {
    const std::string_view size = take(1);
    text = take(size.empty() ? 0 : static_cast<uint8_t>(size[0]));
}

void TokenReader::text(std::string& text) {
    const std::string_view size = take(2);
    text = take(size.empty() ? 0 : base::read_u16(size, 0));
}

void TokenReader::known(std::optional<uint64_t>& number) {
    bool fact = false;
    known(number, fact);
}

void TokenReader::known(std::optional<uint64_t>& number, bool& fact) {
    const std::string_view flags = take(1);
    const uint8_t bits = flags.empty() ? 0 : static_cast<uint8_t>(flags[0]);
    uint64_t value = 0;
    u64(value);
    number = (bits & kKnown) != 0 ? std::optional(value) : std::nullopt;
    fact = (bits & kFact) != 0;
}

}  // namespace snapgate::query
