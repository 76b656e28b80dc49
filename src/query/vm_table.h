#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "facts/facts.h"
#include "model/types.h"
#include "query/first_rows.h"
#include "query/verdict.h"

namespace snapgate::query {

// What the snapshots of one VM say.
struct VmRow {
    size_t cluster = 0;  // its index in FleetListing::clusters()
    std::string ns;
    std::string vm;
    Verdict verdict = Verdict::kNever;
    facts::Seconds as_of = 0;  // of its cluster; 0: unknown
    uint64_t snapshots = 0;
    uint64_t failed = 0;  // of those that were made within the time of the report

    struct Good {
        std::string name;
        facts::Seconds at = 0;  // the state of the disks that it holds; 0: unknown
        facts::Consistency consistency = facts::Consistency::kUnknown;
        facts::ContentHash content = 0;
    };
    std::optional<Good> last_good;

    struct Attempt {
        std::string name;
        facts::State state = facts::State::kPending;
        facts::Seconds at = 0;  // its creation; 0: unknown
        std::string cause;
        std::string cause_class;
        bool lacks_cause = false;  // see Facts
        facts::ContentHash content = 0;
    };
    Attempt last_attempt;  // its name is "" if there is none

    // The VM itself, where VMs are followed.
    enum class Known : uint8_t {
        kBySnapshots,  // nothing tells whether it is there
        kItself,
        kGone,  // it is not there any more
    };
    Known known = Known::kBySnapshots;
    size_t index = 0;  // of kItself: in its cluster's VmBlock
    std::string status;
    bool ignored = false;

    struct Restore {
        std::string name;
        std::string snapshot;
        facts::Seconds at = 0;  // 0: unknown
    };
    std::optional<Restore> last_restore;
    std::optional<uint64_t> bytes;  // that the claims of the last good snapshot request
    model::Revision revision = 0;   // at which its cluster is read
    bool is_new = false;            // the report has not looked yet for the VM itself
    // Of a row that a FactsBlock gave: the rows of its last good snapshot and of its last attempt.
    uint32_t good_row = 0;
    uint32_t attempt_row = 0;

    // Makes it the row of a VM of which nothing is known but its name. Keeps its memory.
    void forget_snapshots();

    // How long ago the last good one holds the disks' state of, in seconds; nullopt without one, or
    // where its time is not known.
    std::optional<facts::Seconds> age_of_last_good(facts::Seconds now) const {
        if (!last_good || last_good->at == 0) return std::nullopt;
        return last_good->at < now ? now - last_good->at : 0;
    }
};

inline RowPlace place_of(const VmRow& row) {
    return {row.cluster, row.ns, row.vm};
}

// For FirstRows. Most texts are empty, or as short as the row itself has room for.
inline size_t text_bytes(const VmRow& row) {
    const size_t attempt = row.last_attempt.name.size() + row.last_attempt.cause.size() +
                           row.last_attempt.cause_class.size();
    const size_t good = row.last_good ? row.last_good->name.size() : 0;
    const size_t restore =
        row.last_restore ? row.last_restore->name.size() + row.last_restore->snapshot.size() : 0;
    return row.ns.size() + row.vm.size() + row.status.size() + attempt + good + restore;
}

// The VMs of one namespace while their snapshots are counted. Keeps its memory for the next one.
class VmTable {
  public:
    // The row of a VM, made if there is none yet. `vm_id`: FleetRow::vm_id.
    VmRow& row_of(std::string_view vm, uint32_t vm_id);
    // A row that was not looked up before, of a VM without snapshots.
    VmRow& add_row(std::string_view vm) { return new_row(vm); }
    // The rows, in no order.
    std::vector<VmRow>& rows() { return rows_; }
    size_t size() const { return size_; }
    // Begins the next namespace.
    void clear();

  private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    // The row of a VM that is known by its id, if that was given in this namespace.
    struct Slot {
        uint64_t round = 0;
        size_t index = 0;
    };

    VmRow& new_row(std::string_view vm);

    std::vector<VmRow> rows_;  // the first size_ of them are in use
    size_t size_ = 0;
    uint64_t round_ = 1;
    std::vector<Slot> by_id_;
    std::unordered_map<std::string, size_t, Hash, std::equal_to<>> by_name_;
};

}  // namespace snapgate::query
