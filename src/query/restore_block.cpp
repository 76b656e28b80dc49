#include "query/restore_block.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "json/kept_parts.h"

namespace snapgate::query {

using base::Result;

size_t RestoreBlock::bytes() const {
    size_t bytes = sizeof(RestoreBlock) + rows_.capacity() * sizeof(Row) +
                   (by_vm_.capacity() + by_snapshot_.capacity()) * sizeof(size_t);
    for (const Row& row : rows_) {
        bytes +=
            row.ns.capacity() + row.name.capacity() + row.vm.capacity() + row.snapshot.capacity();
    }
    return bytes;
}

const RestoreBlock::Row* RestoreBlock::newest_of(std::string_view ns, std::string_view vm) const {
    const std::pair<std::string_view, std::string_view> wanted(ns, vm);
    const auto place_of = [this](size_t index) {
        return std::pair<std::string_view, std::string_view>(rows_[index].ns, rows_[index].vm);
    };
    const auto end = std::ranges::upper_bound(by_vm_, wanted, {}, place_of);
    if (end == by_vm_.begin() || place_of(*std::prev(end)) != wanted) return nullptr;
    return &rows_[*std::prev(end)];
}

uint64_t RestoreBlock::count_of(std::string_view ns, std::string_view snapshot) const {
    const auto found = std::ranges::equal_range(
        by_snapshot_, ListPlace(ns, snapshot), {},
        [this](size_t index) { return ListPlace(rows_[index].ns, rows_[index].snapshot); });
    return found.size();
}

uint64_t RestoreBlock::next_count_of(std::string_view ns, std::string_view snapshot,
                                     size_t& from) const {
    const ListPlace wanted(ns, snapshot);
    for (; from < by_snapshot_.size(); ++from) {
        const auto order = snapshot_at(from) <=> wanted;
        if (order > 0) return 0;
        if (order == 0) break;
    }
    uint64_t count = 0;
    while (from + count < by_snapshot_.size() && snapshot_at(from + count) == wanted) ++count;
    return count;
}

Result<void> RestoreBlockBuilder::add(const store::Found& found) {
    SNAPGATE_ASSIGN(json::RestoreParts parts, json::read_restore_parts(found.object));
    const bool fits = parts.at > 0 && parts.at <= std::numeric_limits<facts::Seconds>::max();
    block_->rows_.push_back({std::string(found.ns), std::string(found.name), std::move(parts.vm),
                             std::move(parts.snapshot),
                             fits ? static_cast<facts::Seconds>(parts.at) : 0});
    return {};
}

std::shared_ptr<const RestoreBlock> RestoreBlockBuilder::finish(model::Revision revision) {
    block_->revision_ = revision;
    block_->by_vm_.resize(block_->rows_.size());
    std::iota(block_->by_vm_.begin(), block_->by_vm_.end(), size_t{0});
    block_->by_snapshot_ = block_->by_vm_;
    std::ranges::sort(block_->by_snapshot_, {}, [this](size_t index) {
        const RestoreBlock::Row& row = block_->rows_[index];
        return std::tie(row.ns, row.snapshot);
    });
    std::ranges::sort(block_->by_vm_, {}, [this](size_t index) {
        const RestoreBlock::Row& row = block_->rows_[index];
        return std::tie(row.ns, row.vm, row.at, row.name);
    });
    return std::move(block_);
}

}  // namespace snapgate::query
