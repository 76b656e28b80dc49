#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/first_rows.h"
#include "query/fleet_age.h"
#include "query/fleet_kinds.h"
#include "query/fleet_listing.h"
#include "query/fleet_request.h"
#include "query/fleet_walk.h"
#include "query/verdict.h"
#include "query/vm_table.h"
#include "store/store.h"

namespace snapgate::query {

// The report of how well the VMs of a fleet are protected by their snapshots: a row for each VM,
// and, in a cluster whose VMs are not known, for each one that a snapshot names. A page of it, or
// all of it in pieces. Every page shows one state of the store. Snapshots that a clone made for
// itself count for nothing. Belongs to one thread at a time; keeps no read view between its calls.
// Used as FleetList.
class VmReport {
  public:
    // `ages`: of the fleet's clusters. Errors as FleetListing::begin().
    static base::Result<VmReport> plan(const ListContext& context, const store::ReadView& view,
                                       std::shared_ptr<const Fleet> fleet, FleetAges ages,
                                       FleetRequest request, facts::Seconds now);

    // Makes it a report without pages.
    void show_all() { first_.want_all(); }

    // Tells of every VM that is asked for, whatever its verdict, once it is judged.
    using Judged = std::function<void(const VmRow& row)>;
    void tell(Judged judged) { judged_ = std::move(judged); }

    using Append = std::function<void(const VmRow&, std::string& out)>;
    // Passes rows to `append`. True when the page (or everything) is complete; false where about
    // FleetWalk::kStepRows snapshots were looked at. Once `out` holds `full` bytes a page ends,
    // with at least one row, and a report without pages pauses. After an error discard what was
    // appended.
    base::Result<bool> step(const store::ReadView& view, std::string& out, size_t full,
                            const Append& append);

    const FleetListing& listing() const { return listing_; }
    uint64_t items() const { return items_; }
    std::string continue_token() const;
    // The number of rows after a complete page that is not the last.
    std::optional<uint64_t> remaining() const;
    // About how much memory it has between its steps.
    size_t kept_bytes() const { return listing_.kept_bytes() + first_.bytes(); }
    // How many VMs have each verdict, whichever of them are listed; only of a first page.
    struct Totals {
        std::array<uint64_t, 6> by_verdict{};  // by the value of the Verdict
        uint64_t of(Verdict verdict) const { return by_verdict.at(static_cast<size_t>(verdict)); }
    };
    const std::optional<Totals>& totals() const { return totals_; }
    AgeCounts clusters() const { return count_ages(listing_, ages_); }

  private:
    VmReport(const ListContext& context, std::shared_ptr<const Fleet> fleet, FleetAges ages,
             FleetRequest request);

    void start();
    // Takes a snapshot into account.
    base::Result<void> add(const store::ReadView& view, const FleetRow& row);
    // Takes all VMs of a cluster into account whose snapshots are counted already: what it costs
    // does not depend on how many snapshots they have. The work, as FleetWalk::step() wants it.
    base::Result<size_t> add_block(const store::ReadView& view, size_t cluster,
                                   const FactsBlock& block);
    // What the block says of a VM, `vm` if that is known; `tally` may be null. The texts are not
    // filled in.
    void count(const FactsBlock& block, const VmTally* tally, std::optional<size_t> vm, VmRow& row);
    // Goes on to a namespace: judges those before it, also those without any snapshot.
    base::Result<void> reach(const store::ReadView& view, size_t cluster, std::string_view ns);
    void enter_cluster();
    // Judges the VMs of the present namespace.
    base::Result<void> leave_namespace(const store::ReadView& view);
    // Judges a VM and keeps it if it is asked for. `fill` gives it the texts that its snapshots
    // have, once they are needed.
    template <class Fill>
    base::Result<void> take(const store::ReadView& view, VmRow& row, const Fill& fill);
    // Looks for the VM that snapshots name among those that are there.
    void look_up(VmRow& row);
    // The row is of that one of the cluster's VMs.
    void is_known_as(size_t index, VmRow& row) const;
    // Adds those of the present namespace that no snapshot names.
    void add_the_others();
    // Whether the row is one that is asked for, whatever its verdict is.
    base::Result<bool> is_wanted(const VmRow& row);
    // Adds what contents say of a row: the size of its last good snapshot, and why its last attempt
    // is not good. Those of its cluster are there.
    void complete(VmRow& row) const;
    // Whether a time is within the time of the report; one that is not known is not.
    bool is_recent(facts::Seconds time) const;
    void judge(VmRow& row) const;
    // When the state of the cluster that is shown was last known to be so; 0: never.
    facts::Seconds as_of(size_t cluster) const;
    base::Result<void> read_cause(const store::ReadView& view, VmRow& row) const;
    SortKeyView key_of(const VmRow& row) const;

    FleetAges ages_;
    FleetRequest request_;
    FleetListing listing_;
    SnapshotFilter walked_;  // what the walk looks at: VMs, namespaces, clusters
    FleetWalk walk_{FleetWalk::Needs::kFacts};
    FirstRows<VmRow> first_;

    // The namespace that the walk is in.
    size_t cluster_ = 0;
    std::string ns_;
    VmTable vms_;
    FleetKinds vm_kinds_;   // VMs and restores
    FleetKinds contents_;   // and contents, of clusters where they are needed
    bool entered_ = false;  // the cluster
    const ClusterKinds* here_ = nullptr;
    size_t next_ = 0;          // the first of its VMs that is not before the namespace
    std::vector<bool> named_;  // of its VMs: a snapshot of the namespace names it
    enum class Selected : uint8_t { kUnknown, kYes, kNo };
    std::vector<Selected> by_labels_;     // of each set of labels of its VMs
    std::optional<bool> without_labels_;  // whether a VM is selected that has none
    size_t rows_of_labels_ = 0;  // what it cost to ask for by_labels_, as Listing::rows_of()
    VmRow counted_;              // the one of a block that is being judged

    Judged judged_;
    std::optional<Totals> totals_;
    size_t written_ = 0;
    uint64_t items_ = 0;
};

}  // namespace snapgate::query
