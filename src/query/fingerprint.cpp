#include "query/fingerprint.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/encoding.h"

namespace snapgate::query {

Fingerprint& Fingerprint::text(std::string_view part) {
    base::append_u32(static_cast<uint32_t>(part.size()), bytes_);
    bytes_ += part;
    return *this;
}

Fingerprint& Fingerprint::number(uint8_t value) {
    bytes_ += static_cast<char>(value);
    return *this;
}

Fingerprint& Fingerprint::number(uint32_t value) {
    base::append_u32(value, bytes_);
    return *this;
}

Fingerprint& Fingerprint::number(uint64_t value) {
    base::append_u64(value, bytes_);
    return *this;
}

std::string Fingerprint::digest(size_t size) const {
    return base::sha256(bytes_).substr(0, size);
}

std::string Fingerprint::etag() const {
    constexpr size_t kEtagBytes = 16;
    return fmt::format("W/\"{}\"", base::hex(digest(kEtagBytes)));
}

}  // namespace snapgate::query
