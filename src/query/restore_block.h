#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "model/types.h"
#include "query/kind_index.h"
#include "store/store.h"

namespace snapgate::query {

// The restores of a cluster at one revision, in the order of the list. There are few of them, so
// each keeps its own texts. Immutable.
class RestoreBlock {
  public:
    struct Row {
        std::string ns;
        std::string name;
        std::string vm;         // that it is for
        std::string snapshot;   // that it restores
        facts::Seconds at = 0;  // 0: unknown
    };

    model::Revision revision() const { return revision_; }
    size_t rows() const { return rows_.size(); }
    size_t texts() const { return 0; }
    const Row& row(size_t index) const { return rows_[index]; }
    ListPlace place(size_t index) const { return {rows_[index].ns, rows_[index].name}; }
    size_t bytes() const;
    // The newest restore of a VM, of equal ones the last name; null if it has none.
    const Row* newest_of(std::string_view ns, std::string_view vm) const;
    // How many restores of a snapshot there are.
    uint64_t count_of(std::string_view ns, std::string_view snapshot) const;
    // The same while snapshots are asked about in the order of their list. `from`: 0 at first, then
    // as the call before left it.
    uint64_t next_count_of(std::string_view ns, std::string_view snapshot, size_t& from) const;

  private:
    friend class RestoreBlockBuilder;

    ListPlace snapshot_at(size_t index) const {
        const Row& row = rows_[by_snapshot_[index]];
        return {row.ns, row.snapshot};
    }

    model::Revision revision_ = 0;
    std::vector<Row> rows_;
    std::vector<size_t> by_vm_;        // indexes of rows_, by namespace, VM, time and name
    std::vector<size_t> by_snapshot_;  // likewise, by namespace and snapshot
};

// See KindIndex. Not thread-safe.
class RestoreBlockBuilder {
  public:
    static constexpr model::Kind kKind = model::Kind::kRestore;
    static ListPlace place_of(std::string_view ns, std::string_view name) { return {ns, name}; }

    RestoreBlockBuilder() : block_(std::make_shared<RestoreBlock>()) {}
    RestoreBlockBuilder(const RestoreBlock& /*old*/, size_t /*more*/) : RestoreBlockBuilder() {}

    void copy(const RestoreBlock& old, size_t index) { block_->rows_.push_back(old.row(index)); }
    // kCorrupt if the object cannot be read.
    base::Result<void> add(const store::Found& found);
    std::shared_ptr<const RestoreBlock> finish(model::Revision revision);

  private:
    std::shared_ptr<RestoreBlock> block_;
};

using RestoreIndex = KindIndex<RestoreBlock, RestoreBlockBuilder>;

}  // namespace snapgate::query
