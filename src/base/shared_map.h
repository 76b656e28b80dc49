#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace snapgate::base {

// A map from texts of which many copies are made that differ little: its entries are in shards, and
// copies share the shards that they did not change. A copy costs a few microseconds, and so does a
// change, up to some 100,000 entries. Iteration has no order. As a container of the standard
// library: a map that nobody changes may be read by any thread.
template <class V>
class SharedMap {
    using Shard = std::unordered_map<std::string, V>;
    static constexpr size_t kShards = 256;
    using Shards = std::array<std::shared_ptr<const Shard>, kShards>;

  public:
    using mapped_type = V;
    using value_type = typename Shard::value_type;

    // NOLINTNEXTLINE(readability-identifier-naming): the name that the standard's containers have
    class const_iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = typename Shard::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        const_iterator() = default;
        reference operator*() const { return *place_; }
        pointer operator->() const { return &*place_; }
        const_iterator& operator++() {
            ++place_;
            to_next();
            return *this;
        }
        const_iterator operator++(int) {
            const_iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const const_iterator& other) const {
            return shard_ == other.shard_ && (shard_ == kShards || place_ == other.place_);
        }

      private:
        friend SharedMap;
        explicit const_iterator(const Shards& shards) : shards_(&shards), shard_(kShards) {}
        const_iterator(const Shards& shards, size_t shard, typename Shard::const_iterator place)
            : shards_(&shards), shard_(shard), place_(place) {}
        // From the end of a shard to the next entry.
        void to_next() {
            while (place_ == (*shards_)[shard_]->end()) {
                do {
                    if (++shard_ == kShards) return;
                } while (!(*shards_)[shard_]);
                place_ = (*shards_)[shard_]->begin();
            }
        }

        const Shards* shards_ = nullptr;
        size_t shard_ = kShards;
        typename Shard::const_iterator place_;
    };

    SharedMap() = default;
    // Of several entries with the same text the first one counts.
    explicit SharedMap(std::vector<std::pair<std::string, V>> entries) {
        std::array<std::shared_ptr<Shard>, kShards> shards;
        for (auto& [key, value] : entries) {
            auto& shard = shards[shard_of(key)];
            if (!shard) shard = std::make_shared<Shard>();
            if (shard->emplace(std::move(key), std::move(value)).second) ++size_;
        }
        std::ranges::move(shards, shards_.begin());
    }
    SharedMap(std::initializer_list<value_type> entries) {
        for (const auto& [key, value] : entries) put(key, value);
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const_iterator begin() const {
        for (size_t i = 0; i < kShards; ++i) {
            if (shards_[i] && !shards_[i]->empty())
                return const_iterator(shards_, i, shards_[i]->begin());
        }
        return end();
    }
    const_iterator end() const { return const_iterator(shards_); }
    const_iterator find(const std::string& key) const {
        const size_t i = shard_of(key);
        if (!shards_[i]) return end();
        const auto place = shards_[i]->find(key);
        return place == shards_[i]->end() ? end() : const_iterator(shards_, i, place);
    }
    bool contains(const std::string& key) const { return find(key) != end(); }
    // The key must be there.
    const V& at(const std::string& key) const { return shards_[shard_of(key)]->at(key); }

    void put(const std::string& key, V value) {
        auto& shard = shards_[shard_of(key)];
        auto changed = shard ? std::make_shared<Shard>(*shard) : std::make_shared<Shard>();
        if (changed->insert_or_assign(key, std::move(value)).second) ++size_;
        shard = std::move(changed);
    }
    void erase(const std::string& key) {
        auto& shard = shards_[shard_of(key)];
        if (!shard || !shard->contains(key)) return;
        auto changed = std::make_shared<Shard>(*shard);
        changed->erase(key);
        --size_;
        shard = std::move(changed);
    }

  private:
    static size_t shard_of(std::string_view key) {
        return std::hash<std::string_view>()(key) % kShards;
    }

    Shards shards_;
    size_t size_ = 0;
};

}  // namespace snapgate::base
