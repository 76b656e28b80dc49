#include "query/vm_tally.h"

#include <algorithm>

namespace snapgate::query {

void VmTally::add(uint32_t row, const facts::Facts& facts) {
    // Rows come by name, so of equal times the last name stays.
    if (snapshots == 0 || facts.created >= attempted) {
        attempt_row = row;
        attempted = facts.created;
        attempt_state = facts.state;
    }
    ++snapshots;
    if (facts.good()) {
        good.take(row, facts.taken);
        if (facts.consistency == facts::Consistency::kApplication ||
            facts.consistency == facts::Consistency::kOffline)
            good_for_applications.take(row, facts.taken);
    }
    if (facts.state == facts::State::kFailed && facts.created != 0) {
        first_failed = failed == 0 ? facts.created : std::min(first_failed, facts.created);
        last_failed = std::max(last_failed, facts.created);
        ++failed;
    }
    if (facts.source == 0) {
        some_without_source = true;
    } else if (source == 0) {
        source = facts.source;
    } else if (source != facts.source) {
        several_sources = true;
    }
}

}  // namespace snapgate::query
