#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>

namespace snapgate::mirror {

// Which objects a list held, in 16 bytes each: lists may come in any order, and be of millions.
// Names are known by a keyed hash (SipHash-2-4 of 128 bits, whose key nobody knows who could choose
// names); that two share one does not happen.
class SeenNames {
  public:
    SeenNames();
    void add(std::string_view ns, std::string_view name);
    // Once all are added; then has() may be asked.
    void sort();
    bool has(std::string_view ns, std::string_view name) const;
    size_t size() const { return hashes_.size(); }

  private:
    using Hash = std::array<uint64_t, 2>;
    Hash hash(std::string_view ns, std::string_view name) const;

    std::array<uint64_t, 2> key_{};
    // In pieces: one that grows at its end would for a moment be there twice.
    std::deque<Hash> hashes_;
};

}  // namespace snapgate::mirror
