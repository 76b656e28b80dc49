#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/shared_map.h"

namespace snapgate::store {

// Parsed records by id, by name, and counted by owner. Names are unique within an owner (a
// project). Copies and changes cost little, however many rows there are. T has a `name` and an
// `owner()`.
template <class T>
class RecordRows {
  public:
    using mapped_type = T;

    RecordRows() = default;
    explicit RecordRows(std::vector<std::pair<std::string, T>> rows) {
        std::vector<std::pair<std::string, std::string>> names;
        std::unordered_map<std::string, uint64_t> counts;
        names.reserve(rows.size());
        for (const auto& [id, row] : rows) {
            names.emplace_back(name_key(row.owner(), row.name), id);
            ++counts[std::string(row.owner())];
        }
        names_ = base::SharedMap<std::string>(std::move(names));
        counts_ = base::SharedMap<uint64_t>({counts.begin(), counts.end()});
        // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer): the loop above reads `rows`
        rows_ = base::SharedMap<T>(std::move(rows));
    }
    RecordRows(std::initializer_list<std::pair<const std::string, T>> rows) {
        for (const auto& [id, row] : rows) put(id, row);
    }

    size_t size() const { return rows_.size(); }
    bool empty() const { return rows_.empty(); }
    auto begin() const { return rows_.begin(); }
    auto end() const { return rows_.end(); }
    auto find(const std::string& id) const { return rows_.find(id); }
    bool contains(const std::string& id) const { return rows_.contains(id); }
    const T& at(const std::string& id) const { return rows_.at(id); }

    // The id of the owner's row of that name.
    std::optional<std::string> id_of(std::string_view owner, std::string_view name) const {
        const auto found = names_.find(name_key(owner, name));
        if (found == names_.end()) return std::nullopt;
        return found->second;
    }
    // How many rows the owner has.
    uint64_t count_of(std::string_view owner) const {
        const auto found = counts_.find(std::string(owner));
        return found == counts_.end() ? 0 : found->second;
    }

    // Adds a row, or replaces the one of that id.
    void put(const std::string& id, T row) {
        erase(id);
        names_.put(name_key(row.owner(), row.name), id);
        counts_.put(std::string(row.owner()), count_of(row.owner()) + 1);
        rows_.put(id, std::move(row));
    }
    void erase(const std::string& id) {
        const auto found = rows_.find(id);
        if (found == rows_.end()) return;
        const T& row = found->second;
        const std::string owner(row.owner());
        if (id_of(owner, row.name) == id) names_.erase(name_key(owner, row.name));
        const uint64_t left = count_of(owner) - 1;
        if (left == 0) {
            counts_.erase(owner);
        } else {
            counts_.put(owner, left);
        }
        rows_.erase(id);
    }

  private:
    static std::string name_key(std::string_view owner, std::string_view name) {
        std::string key(owner);
        key += '\0';
        key += name;
        return key;
    }

    base::SharedMap<T> rows_;
    base::SharedMap<std::string> names_;  // owner and name -> id
    base::SharedMap<uint64_t> counts_;    // by owner
};

}  // namespace snapgate::store
