#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snapgate::query {

// The texts of one column of a block, each once, while the block is made: the block keeps the table
// itself, in which a row names its text by the index.
class TextTable {
  public:
    TextTable() = default;
    explicit TextTable(const std::vector<std::string>& table) {
        known_.reserve(table.size());
        for (const std::string& text : table)
            known_.emplace(text, static_cast<uint32_t>(known_.size()));
    }

    // The index of a text in `table`, which it is added to if it is new.
    uint32_t index_of(std::string_view text, std::vector<std::string>& table) {
        const auto known = known_.find(text);
        if (known != known_.end()) return known->second;
        const auto index = static_cast<uint32_t>(table.size());
        table.emplace_back(text);
        known_.emplace(std::string(text), index);
        return index;
    }

  private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> known_;
};

// The bytes that a table takes.
inline size_t bytes_of(const std::vector<std::string>& table) {
    size_t bytes = table.capacity() * sizeof(std::string);
    for (const std::string& text : table) bytes += text.capacity();
    return bytes;
}

}  // namespace snapgate::query
