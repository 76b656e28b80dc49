#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapgate::query {

// How well the snapshots of a VM protect it. The first that holds, in this order.
enum class Verdict : uint8_t {
    kUnknown = 1,    // what is known of its cluster is too old to say
    kProtected = 2,  // it has a good snapshot that is young enough
    kFailing = 3,    // the last attempt failed
    kLate = 4,       // it has a good snapshot, and that is too old
    kNever = 5,      // it has no good snapshot
};
inline constexpr Verdict kVerdicts[] = {Verdict::kProtected, Verdict::kLate, Verdict::kFailing,
                                        Verdict::kNever, Verdict::kUnknown};

std::string_view name_of(Verdict verdict);
std::optional<Verdict> verdict_of(std::string_view name);

// What a report of VMs is sorted by; see SortOrder.
enum class VmSortField : uint8_t {
    kAge,  // of the last good snapshot
    kFailed,
    kSnapshots,
    kVm,
};

struct VmOrder {
    VmSortField field = VmSortField::kAge;
    bool descending = false;

    static std::optional<VmOrder> parse(std::string_view text);
};

inline constexpr std::string_view kVmSortFields = "age, failed, snapshots or vm";

}  // namespace snapgate::query
