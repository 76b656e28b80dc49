#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::query {

// The rows of a block with their names, which stand one after another in one text: a string for
// each would take as much as the row. A Packed has a uint32_t `name`, where its name begins.
template <class Packed>
class NamedRows {
  public:
    size_t size() const { return rows_.size(); }
    const Packed& operator[](size_t index) const { return rows_[index]; }
    std::string_view name(size_t index) const {
        const size_t end = index + 1 < rows_.size() ? rows_[index + 1].name : names_.size();
        return std::string_view(names_).substr(rows_[index].name, end - rows_[index].name);
    }
    // Good until the next one.
    Packed& add(std::string_view name) {
        Packed& packed = rows_.emplace_back();
        packed.name = static_cast<uint32_t>(names_.size());
        names_ += name;
        return packed;
    }
    // Good until the next one, too.
    Packed& copy(const NamedRows& old, size_t index) {
        const auto begin = static_cast<uint32_t>(names_.size());
        rows_.push_back(old.rows_[index]);
        rows_.back().name = begin;
        names_ += old.name(index);
        return rows_.back();
    }
    // Takes room for the rows of another and so many more.
    void reserve(const NamedRows& old, size_t more) {
        rows_.reserve(old.rows_.size() + more);
        names_.reserve(old.names_.size());
    }
    // False if the names are longer than 32 bits can address: they belong to no real cluster.
    bool finish() {
        rows_.shrink_to_fit();
        names_.shrink_to_fit();
        return names_.size() <= std::numeric_limits<uint32_t>::max();
    }
    // The memory that it takes.
    size_t bytes() const { return rows_.capacity() * sizeof(Packed) + names_.capacity(); }

  private:
    std::vector<Packed> rows_;
    std::string names_;
};

}  // namespace snapgate::query
