#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "facts/facts.h"
#include "model/types.h"

namespace snapgate::query {

struct FleetRow;

// Numbers of snapshots.
struct SnapshotNumbers {
    uint64_t total = 0;
    uint64_t good = 0;
    uint64_t stuck = 0;
    std::array<uint64_t, 6> by_state{};  // by the value of the State
    // What the claims of those request whose contents are known; nullopt: of none.
    std::optional<uint64_t> bytes;
    // How many have restores, of the clusters whose restores are known; nullopt: of none.
    std::optional<uint64_t> restored;

    // All but `stuck`, which takes the present time.
    void add(const FleetRow& row);
    void add(const SnapshotNumbers& other);
};

// What happened on a day, in UTC.
struct SnapshotDay {
    static constexpr facts::Seconds kSeconds = 86'400;
    uint64_t created = 0;
    uint64_t succeeded = 0;
    uint64_t failed = 0;
};

// The numbers of a cluster's snapshots that a filter selects, on one day.
struct ClusterSummary {
    static constexpr size_t kDays = 90;
    struct Day {
        size_t index = 0;  // of the kDays days that end today
        SnapshotDay counts;
    };
    struct Cause {
        std::string cause_class;
        uint64_t count = 0;
        uint64_t vms = 0;
        model::ObjectKey example;  // one of them
        std::string sentence;      // its cause; "": it takes the object
    };

    SnapshotNumbers numbers;                   // without `stuck`
    std::vector<facts::Seconds> stuck_at;      // when each of those that may be is stuck; sorted
    std::array<uint64_t, 5> by_consistency{};  // by the value of the Consistency
    std::vector<Day> days;                     // those on which something happened
    std::vector<Cause> causes;
    model::Revision revision = 0;  // at which the cluster was read

    uint64_t stuck(facts::Seconds now) const;
};

// Sums up one cluster at a time. Belongs to one thread at a time.
class ClusterSummer {
  public:
    // More classes of causes than these are not kept apart: somebody may make each cause another.
    static constexpr size_t kMostClasses = 10'000;

    // The first of the days that end at `now`.
    explicit ClusterSummer(facts::Seconds first_day) : first_day_(first_day) {}

    void add(const FleetRow& row);
    // The sum of what was added since the last one.
    ClusterSummary finish(model::Revision revision);

  private:
    struct Count {
        uint64_t count = 0;
        std::set<std::pair<std::string, std::string>> vms;  // namespace and name
        model::ObjectKey example;
        std::string sentence;
    };

    void add_day(facts::Seconds time, uint64_t SnapshotDay::* member);
    void add_cause(const FleetRow& row);

    facts::Seconds first_day_;
    ClusterSummary sum_;
    std::array<SnapshotDay, ClusterSummary::kDays> days_{};
    std::map<std::string, Count, std::less<>> classes_;
};

}  // namespace snapgate::query
