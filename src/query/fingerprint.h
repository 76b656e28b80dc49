#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::query {

// A digest over several parts. Each text goes in with its length, so that two different lists of
// texts never give the same bytes.
class Fingerprint {
  public:
    // `use` separates the digests of one use from those of others.
    explicit Fingerprint(std::string_view use = {}) : bytes_(use) {}
    Fingerprint& text(std::string_view part);
    Fingerprint& number(uint8_t value);
    Fingerprint& number(uint32_t value);
    Fingerprint& number(uint64_t value);
    // The first `size` bytes of the SHA-256.
    std::string digest(size_t size) const;
    // A weak ETag of it.
    std::string etag() const;

  private:
    std::string bytes_;
};

}  // namespace snapgate::query
