#pragma once

#include <cstdint>
#include <limits>

#include "facts/facts.h"

namespace snapgate::query {

// What the snapshots of one VM of a FactsBlock come to, whatever the time is: what a report asks of
// a million snapshots is asked of a hundred thousand of these. Those that a clone made for itself
// count for nothing.
struct VmTally {
    static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

    // The newest good snapshot, by the time of the state that it holds; of equals the last name.
    struct Good {
        uint32_t row = kNone;  // of the block
        facts::Seconds taken = 0;

        explicit operator bool() const { return row != kNone; }
        void take(uint32_t other, facts::Seconds other_taken) {
            if (*this && other_taken < taken) return;
            *this = {other, other_taken};
        }
    };

    uint32_t ns = 0;  // indexes into the tables of the block
    uint32_t vm = 0;
    uint32_t first_row = 0;  // of the VM's
    uint32_t snapshots = 0;
    Good good;
    Good good_for_applications;    // consistent for applications, or of a VM that was off
    uint32_t attempt_row = kNone;  // the newest by its creation, whatever its state is
    facts::Seconds attempted = 0;
    facts::State attempt_state = facts::State::kPending;
    // Whether snapshots name several VMs that had this name one after another, and whether some do
    // not say which.
    bool several_sources = false;
    bool some_without_source = false;
    facts::UidHash source = 0;  // that they name; 0: none does
    // Those that failed, and whose creation is known.
    uint32_t failed = 0;
    facts::Seconds first_failed = 0;
    facts::Seconds last_failed = 0;

    // Whether all that it counts is of the VM with that uid.
    bool is_of(facts::UidHash uid) const {
        return !several_sources && (source == 0 || source == uid);
    }

    void add(uint32_t row, const facts::Facts& facts);
};

}  // namespace snapgate::query
