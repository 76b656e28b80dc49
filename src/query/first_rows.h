#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/types.h"
#include "query/fleet_listing.h"
#include "query/sort_order.h"

namespace snapgate::query {

// Where a row stands in the order of a fleet's list; rows of equal keys keep that order.
struct RowPlace {
    size_t cluster = 0;  // its index in FleetListing::clusters()
    std::string_view ns;
    std::string_view name;

    auto operator<=>(const RowPlace&) const = default;
};

// The first rows of an order that come after a place, of all that are offered: what a page of a
// sorted list keeps of a pass over every row. For each Row there are a place_of(row), and a
// text_bytes(row), the memory that its texts have beside it. One thread.
template <class Row>
class FirstRows {
  public:
    static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
    // How many rows are found in one pass where everything is wanted: what bounds the memory.
    static constexpr uint64_t kRowsOfAll = 20'000;

    struct Kept {
        SortKey key;
        Row row;
    };

    // `limit`: how many are wanted, kNoLimit for all of them, in several passes.
    FirstRows(uint64_t limit, bool descending) : limit_(limit), descending_(descending) {}

    void want_all() { limit_ = kNoLimit; }
    bool wants_all() const { return limit_ == kNoLimit; }

    // Only rows after the token's are wanted. `start`: FleetListing::start() for that token.
    void start_after(const FleetToken& token, const FleetListing::Start& start) {
        start_ = Start{token.key, start.index, start.within, token.after.key};
    }

    // Offers a row of a pass; `make` gives it if it is kept.
    template <class Make>
    void offer(const SortKeyView& key, const RowPlace& place, const Make& make) {
        if (!is_behind_start(key, place)) return;
        ++behind_;
        const auto first = [this](const Kept& a, const Kept& b) {
            return before(a.key, place_of(a.row), b.key, place_of(b.row));
        };
        if (kept_.size() >= most()) {
            const Kept& last = kept_.front();
            if (!before(key, place, last.key, place_of(last.row))) return;
            std::ranges::pop_heap(kept_, first);
            kept_.pop_back();
        }
        kept_.push_back({{key.missing, key.number, std::string(key.text)}, make()});
        std::ranges::push_heap(kept_, first);
    }

    // During a pass: whether neither a row of that key nor one that comes later can be kept. Not
    // before it is known that some are left, so that they need not be offered to be counted.
    bool ends_before(const SortKeyView& key) const {
        return kept_.size() >= most() && left() > 0 &&
               compare(key, kept_.front().key, descending_) > 0;
    }

    // Ends the pass: puts the rows in order.
    void end_pass() {
        std::ranges::sort(kept_, [this](const Kept& a, const Kept& b) {
            return before(a.key, place_of(a.row), b.key, place_of(b.row));
        });
        ended_ = true;
        bytes_ = kept_.capacity() * sizeof(Kept);
        for (const Kept& one : kept_) bytes_ += one.key.text.size() + text_bytes(one.row);
    }
    bool has_ended() const { return ended_; }
    // About how much memory the rows have that the last pass kept.
    size_t bytes() const { return bytes_; }
    std::vector<Kept>& kept() { return kept_; }
    const std::vector<Kept>& kept() const { return kept_; }
    // How many rows come after those that were kept, of those that were offered.
    uint64_t left() const { return behind_ - kept_.size(); }

    // After end_pass(): leaves all but the first `rows` to the next page.
    void keep(size_t rows) {
        kept_.erase(kept_.begin() + static_cast<ptrdiff_t>(rows), kept_.end());
    }

    // Begins the pass for the rows after those that were kept.
    void begin_next_pass() {
        const Kept& last = kept_.back();
        const RowPlace place = place_of(last.row);
        start_ =
            Start{last.key, place.cluster, true, {std::string(place.ns), std::string(place.name)}};
        kept_.clear();
        behind_ = 0;
        ended_ = false;
    }

  private:
    struct Start {
        SortKey key;
        size_t cluster = 0;
        bool within = false;  // the cluster is that of the row; else it comes after it
        model::ObjectKey object;
    };

    uint64_t most() const { return wants_all() ? kRowsOfAll : limit_; }

    bool before(const SortKeyView& a_key, const RowPlace& a, const SortKeyView& b_key,
                const RowPlace& b) const {
        const auto by_key = compare(a_key, b_key, descending_);
        return by_key != 0 ? by_key < 0 : a < b;
    }

    bool is_behind_start(const SortKeyView& key, const RowPlace& place) const {
        if (!start_) return true;
        const auto by_key = compare(key, start_->key, descending_);
        if (by_key != 0) return by_key > 0;
        if (place.cluster != start_->cluster) return place.cluster > start_->cluster;
        return !start_->within ||
               place > RowPlace{start_->cluster, start_->object.ns, start_->object.name};
    }

    uint64_t limit_;
    bool descending_;
    std::optional<Start> start_;
    uint64_t behind_ = 0;     // rows that were offered, and come after the start
    std::vector<Kept> kept_;  // a heap, the last of them in front; in order once the pass has ended
    bool ended_ = false;
    size_t bytes_ = 0;
};

}  // namespace snapgate::query
