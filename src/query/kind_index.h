#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "model/types.h"
#include "store/store.h"
#include "store/walk.h"

namespace snapgate::query {

// Where an object stands in the list of its cluster: namespace and name.
using ListPlace = std::pair<std::string_view, std::string_view>;

// The block of each cluster at its head, for questions about all objects of a kind in a fleet:
// reading what a question needs of an object from the store touches a page of the file for each
// object, and this about one for fifty. A walk over a whole cluster makes its block on the way
// (fleet_walk.h), or a Load does, as for a BlockMaker; later changes are read from the cluster's
// log. Nothing of it is on disk. Any thread may call.
//
// A Block is immutable: revision(), rows(), texts(), bytes(), and place(index), by which its rows
// stand in order. Its Builder has kKind, and place_of(namespace, name); is made of nothing, or of
// an older block and the number of rows that come besides; copy(old, index), add(store::Found) and
// finish(revision), which is null for what no block can hold. Most places are those of the list,
// in whose order a new block's rows are added.
template <class Block, class Builder>
class KindIndex {
  public:
    static constexpr auto kKind = Builder::kKind;
    // No block is kept beyond it.
    static constexpr size_t kMostBytes = 512 << 20;

    // The cluster's block at `revision`, which is its head. Null if there is none, or if it is
    // older and has missed too much to be brought up.
    base::Result<std::shared_ptr<const Block>> find(const store::ReadView& view,
                                                    model::ClusterNumber cluster,
                                                    model::Revision revision) {
        std::shared_ptr<const Block> block = block_of(cluster);
        if (!block || block->revision() == revision) return block;
        if (block->revision() > revision) return std::shared_ptr<const Block>();
        if (block->texts() > block->rows() + kMostChanges) return std::shared_ptr<const Block>();
        SNAPGATE_ASSIGN(const auto changed,
                        changed_places(view, cluster, block->revision(), revision));
        if (!changed) return std::shared_ptr<const Block>();
        SNAPGATE_ASSIGN(block, bring_up(view, cluster, *block, *changed, revision));
        if (block) keep(cluster, block);
        return block;
    }

    // Finds a block as find() does, or makes it from the store, in steps, each in a view of its
    // own. `index` may be null: then it is made each time, and not kept. Belongs to one thread at a
    // time.
    class Load {
      public:
        Load(KindIndex* index, model::ClusterNumber cluster, model::Revision revision)
            : index_(index), cluster_(cluster), revision_(revision) {}

        // Looks at `budget` objects at most, which it takes off it. The block, or null while it is
        // not complete. kTooLarge for more objects than a block holds; kExpired if the state was
        // compacted meanwhile: hold its history to prevent that.
        base::Result<std::shared_ptr<const Block>> step(const store::ReadView& view,
                                                        size_t& budget) {
            if (!builder_ && index_ != nullptr) {
                SNAPGATE_ASSIGN(auto known, index_->find(view, cluster_, revision_));
                if (known) return known;
            }
            if (!builder_) builder_.emplace();
            // kExpired once it cannot be read.
            SNAPGATE_TRY(view.replaced_ms(cluster_, revision_));
            size_t taken = 0;
            const auto take = [&](const store::Found& found) -> base::Result<store::Step> {
                SNAPGATE_TRY(builder_->add(found));
                ++taken;
                return store::Step::kOn;
            };
            SNAPGATE_ASSIGN(
                const bool more,
                store::walk(view.scan(cluster_, Builder::kKind, revision_, budget), from_, take));
            budget -= std::min(taken, budget);
            if (more) return std::shared_ptr<const Block>();
            std::shared_ptr<const Block> block = builder_->finish(revision_);
            if (!block)
                return base::Error(base::Code::kTooLarge, "a cluster has more objects than fit");
            SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
            if (index_ != nullptr && head && head->revision == revision_)
                index_->keep(cluster_, block);
            return block;
        }

      private:
        KindIndex* index_;
        model::ClusterNumber cluster_;
        model::Revision revision_;
        std::optional<Builder> builder_;
        model::ObjectKey from_;
    };

    void keep(model::ClusterNumber cluster, std::shared_ptr<const Block> block) {
        const size_t bytes = block->bytes();
        base::MutexLock lock(mutex_);
        std::shared_ptr<const Block>& kept = blocks_[cluster];
        // Another request may have been faster.
        if (kept && kept->revision() >= block->revision()) return;
        const size_t others = bytes_ - (kept ? kept->bytes() : 0);
        if (others + bytes > kMostBytes) {
            blocks_.erase(cluster);
            bytes_ = others;
            return;
        }
        bytes_ = others + bytes;
        kept = std::move(block);
    }

    // Forgets the blocks of all clusters but these.
    void keep_only(const std::set<model::ClusterNumber>& clusters) {
        base::MutexLock lock(mutex_);
        for (auto block = blocks_.begin(); block != blocks_.end();) {
            if (clusters.contains(block->first)) {
                ++block;
                continue;
            }
            bytes_ -= block->second ? block->second->bytes() : 0;
            block = blocks_.erase(block);
        }
    }

  private:
    // A block that missed more changes is made anew by the next walk.
    static constexpr size_t kMostChanges = 4096;

    using Places = std::set<std::pair<std::string, std::string>>;

    std::shared_ptr<const Block> block_of(model::ClusterNumber cluster) const {
        base::MutexLock lock(mutex_);
        const auto found = blocks_.find(cluster);
        return found == blocks_.end() ? nullptr : found->second;
    }

    // The objects that changed after the block's revision; nullopt if they cannot be told any more.
    static base::Result<std::optional<Places>> changed_places(const store::ReadView& view,
                                                              model::ClusterNumber cluster,
                                                              model::Revision after,
                                                              model::Revision up_to) {
        auto entries = view.log(cluster, after, up_to, kMostChanges);
        if (!entries && entries.error().code == base::Code::kExpired)
            return std::optional<Places>();
        SNAPGATE_TRY(entries);
        if (entries->size() == kMostChanges) return std::optional<Places>();
        Places places;
        for (store::LogEntry& entry : *entries) {
            if (entry.kind == Builder::kKind)
                places.emplace(std::move(entry.key.ns), std::move(entry.key.name));
        }
        return std::optional(std::move(places));
    }

    // The block at a later revision: a copy with what changed read anew.
    static base::Result<std::shared_ptr<const Block>> bring_up(const store::ReadView& view,
                                                               model::ClusterNumber cluster,
                                                               const Block& old,
                                                               const Places& changed,
                                                               model::Revision revision) {
        Builder builder(old, changed.size());
        using Place = decltype(Builder::place_of({}, {}));
        std::vector<std::pair<Place, const std::pair<std::string, std::string>*>> places;
        places.reserve(changed.size());
        for (const auto& key : changed)
            places.emplace_back(Builder::place_of(key.first, key.second), &key);
        std::ranges::sort(places, {}, [](const auto& place) { return place.first; });
        size_t index = 0;
        for (const auto& [place, key] : places) {
            for (; index < old.rows() && old.place(index) < place; ++index)
                builder.copy(old, index);
            if (index < old.rows() && old.place(index) == place) ++index;
            SNAPGATE_ASSIGN(const auto found,
                            view.get(cluster, Builder::kKind, key->first, key->second, revision));
            if (!found) continue;
            SNAPGATE_TRY(builder.add(*found));
        }
        for (; index < old.rows(); ++index) builder.copy(old, index);
        return builder.finish(revision);
    }

    mutable base::Mutex mutex_;
    std::unordered_map<model::ClusterNumber, std::shared_ptr<const Block>> blocks_
        SNAPGATE_GUARDED_BY(mutex_);
    size_t bytes_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace snapgate::query
