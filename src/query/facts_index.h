#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "facts/facts.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::query {

// The facts of all snapshots of a cluster at one revision, in the order of the list, in about 70
// bytes each. Immutable. Causes are not in it, only their classes.
class FactsBlock {
  public:
    // What a row says: views into the block.
    struct Row {
        std::string_view ns;
        std::string_view name;
        std::string_view vm;
        std::string_view labels;  // as json::labels_text() gives them
        uint32_t vm_id = 0;       // equal for equal names of VMs, smaller than vms()
        uint32_t labels_id = 0;   // equal for equal labels, smaller than label_sets()
        facts::Facts facts;       // without the cause
    };

    model::Revision revision() const { return revision_; }
    size_t rows() const { return rows_.size(); }
    size_t vms() const { return vms_.size(); }
    size_t label_sets() const { return labels_.size(); }
    // How many texts its tables hold. More than it has rows: most are of rows that are gone.
    size_t texts() const {
        return namespaces_.size() + vms_.size() + classes_.size() + labels_.size();
    }
    Row row(size_t index) const;
    // The memory that it takes.
    size_t bytes() const;

  private:
    friend class FactsBlockBuilder;

    struct Packed {
        facts::Seconds created = 0;
        facts::Seconds taken = 0;
        facts::Seconds finished = 0;
        facts::Seconds stuck_at = 0;
        uint32_t name = 0;  // where the name begins in names_; the next row's begin is its end
        uint32_t ns = 0;    // indexes into the tables below
        uint32_t vm = 0;
        uint32_t cause_class = 0;
        uint32_t labels = 0;
        facts::State state = facts::State::kPending;
        facts::Consistency consistency = facts::Consistency::kUnknown;
        bool ready = false;
        bool of_clone = false;
    };

    model::Revision revision_ = 0;
    std::vector<Packed> rows_;
    std::string names_;
    std::vector<std::string> namespaces_;
    std::vector<std::string> vms_;
    std::vector<std::string> classes_;
    std::vector<std::string> labels_;
};

// Makes a block from rows, which come in the order of the list. Not thread-safe.
class FactsBlockBuilder {
  public:
    FactsBlockBuilder();
    // Begins with the texts of another block, whose rows copy() can then take over; about `more`
    // rows come besides.
    FactsBlockBuilder(const FactsBlock& old, size_t more);

    void copy(const FactsBlock& old, size_t index);
    void add(std::string_view ns, std::string_view name, std::string_view vm,
             std::string_view labels, const facts::Facts& facts);
    std::shared_ptr<const FactsBlock> finish(model::Revision revision);

  private:
    // The texts of one table, each once.
    class Texts {
      public:
        Texts() = default;
        explicit Texts(const std::vector<std::string>& table);
        uint32_t index_of(std::string_view text, std::vector<std::string>& table);

      private:
        struct Hash {
            using is_transparent = void;
            size_t operator()(std::string_view text) const {
                return std::hash<std::string_view>()(text);
            }
        };
        std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> known_;
    };

    std::shared_ptr<FactsBlock> block_;
    Texts namespaces_;
    Texts vms_;
    Texts classes_;
    Texts labels_;
};

// The block of each cluster at its head, for questions about all snapshots of a fleet: reading the
// facts beside the objects touches a page of the file for each object, and this about one for
// fifty. A walk over a whole cluster makes its block on the way (fleet_walk.h); later changes are
// read from the cluster's log. Nothing of it is on disk. Any thread may call.
class FactsIndex {
  public:
    // No block is kept beyond it.
    static constexpr size_t kMostBytes = 512 << 20;

    // The cluster's block at `revision`, which is its head. Null if there is none, or if it is
    // older and has missed too much to be brought up.
    base::Result<std::shared_ptr<const FactsBlock>> find(const store::ReadView& view,
                                                         model::ClusterNumber cluster,
                                                         model::Revision revision);
    void keep(model::ClusterNumber cluster, std::shared_ptr<const FactsBlock> block);
    // Forgets the blocks of all clusters but these.
    void keep_only(const std::vector<model::ClusterNumber>& clusters);

  private:
    std::shared_ptr<const FactsBlock> block_of(model::ClusterNumber cluster) const;

    mutable base::Mutex mutex_;
    std::unordered_map<model::ClusterNumber, std::shared_ptr<const FactsBlock>> blocks_
        SNAPGATE_GUARDED_BY(mutex_);
    size_t bytes_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace snapgate::query
