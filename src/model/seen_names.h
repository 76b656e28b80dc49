#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>

namespace snapgate::model {

// The names of the objects that a list or a dump holds, in 16 bytes each: it may come in any order,
// hold millions, and repeat itself. A name is known by a keyed hash (SipHash-2-4 with 128 bits).
// Nobody who chooses names knows the key, so no two names share a hash. Belongs to one thread.
class SeenNames {
  public:
    using Hash = std::array<uint64_t, 2>;

    SeenNames();
    // Names that come again take no memory for long.
    void add(std::string_view ns, std::string_view name);
    // Whether the name was added. Cheap after the last add().
    bool has(std::string_view ns, std::string_view name);
    // The number of different names.
    size_t size();
    Hash hash(std::string_view ns, std::string_view name) const;

  private:
    void sort();

    std::array<uint64_t, 2> key_{};
    // In pieces: one that grows at its end would for a moment be there twice.
    std::deque<Hash> hashes_;
    size_t sorted_ = 0;  // of hashes_, from the front
    size_t next_sort_;
};

}  // namespace snapgate::model
