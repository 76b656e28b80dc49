#pragma once

#include <atomic>
#include <set>

#include "query/content_block.h"
#include "query/facts_block.h"
#include "query/restore_block.h"
#include "query/summary_cache.h"
#include "query/vm_block.h"

namespace snapgate::query {

// What is held in memory of the objects of a fleet, for questions about all of them. Any thread.
struct FleetIndex {
    FactsIndex snapshots;
    VmIndex vms;
    RestoreIndex restores;
    ContentIndex contents;
    SummaryCache summaries;
    std::atomic<bool> has_maker = false;  // a BlockMaker works at `snapshots`

    // Forgets all clusters but these; the numbers are those of their kinds, too.
    void keep_only(const std::set<model::ClusterNumber>& numbers) {
        snapshots.keep_only(numbers);
        vms.keep_only(numbers);
        restores.keep_only(numbers);
        contents.keep_only(numbers);
        summaries.keep_only(numbers);
    }
};

}  // namespace snapgate::query
