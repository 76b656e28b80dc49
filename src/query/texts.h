#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::query {

// Texts that stand one after another in one piece of memory: a std::string for each would take
// thirty bytes more and, for most, an allocation. Any thread may read.
class Texts {
  public:
    size_t size() const { return ends_.size(); }
    std::string_view operator[](size_t index) const {
        const size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(bytes_).substr(begin, ends_[index] - begin);
    }
    void add(std::string_view text) {
        bytes_ += text;
        ends_.push_back(static_cast<uint32_t>(bytes_.size()));
    }
    // Gives back what it has too much. False if the texts are longer than 32 bits can address: they
    // belong to no real cluster.
    bool finish() {
        bytes_.shrink_to_fit();
        ends_.shrink_to_fit();
        return bytes_.size() <= std::numeric_limits<uint32_t>::max();
    }
    // The memory that it takes.
    size_t bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(uint32_t); }

  private:
    std::string bytes_;
    std::vector<uint32_t> ends_;
};

}  // namespace snapgate::query
