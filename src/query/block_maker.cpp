#include "query/block_maker.h"

#include <optional>
#include <ranges>
#include <utility>

#include "base/this_thread.h"

namespace snapgate::query {

using base::Result;

std::unique_ptr<BlockMaker> BlockMaker::start(const store::Store& store, FleetIndex& index,
                                              std::vector<model::ClusterNumber> clusters) {
    if (index.has_maker.exchange(true)) return nullptr;
    return std::unique_ptr<BlockMaker>(new BlockMaker(store, index, std::move(clusters)));
}

BlockMaker::~BlockMaker() {
    thread_.stop();
    index_.has_maker = false;
}

BlockMaker::BlockMaker(const store::Store& store, FleetIndex& index,
                       std::vector<model::ClusterNumber> clusters)
    : store_(store), index_(index), clusters_(std::move(clusters)) {
    thread_.start([this] {
        base::name_this_thread("snapgate-blocks");
        base::run_this_thread_behind_requests();
        make_all();
    });
}

void BlockMaker::make_all() {
    for (const model::ClusterNumber cluster : std::views::reverse(clusters_)) {
        if (thread_.stopping()) return;
        // The walk meets the same failure, and answers with it.
        static_cast<void>(make(cluster));
    }
}

Result<void> BlockMaker::make(model::ClusterNumber cluster) {
    std::optional<FactsIndex::Load> load;
    model::Revision revision = 0;
    while (!thread_.stopping()) {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(cluster));
        if (!head) return {};
        if (!load) {
            revision = head->revision;
            SNAPGATE_ASSIGN(const auto known, index_.snapshots.find(view, cluster, revision));
            if (known) return {};
            load.emplace(nullptr, cluster, revision);
        }
        // A write would make the block old before it is there.
        if (head->revision != revision) return {};
        size_t budget = kStepRows;
        SNAPGATE_ASSIGN(auto block, load->step(view, budget));
        if (!block) continue;
        // A row that is lost is missed in this way.
        SNAPGATE_ASSIGN(const uint64_t count, view.count(cluster, FactsIndex::kKind));
        if (block->rows() == count) index_.snapshots.keep(cluster, std::move(block));
        return {};
    }
    return {};
}

}  // namespace snapgate::query
