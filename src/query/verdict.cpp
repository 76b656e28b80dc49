#include "query/verdict.h"

namespace snapgate::query {

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kUnknown:
            return "Unknown";
        case Verdict::kProtected:
            return "Protected";
        case Verdict::kFailing:
            return "Failing";
        case Verdict::kLate:
            return "Late";
        case Verdict::kNever:
            return "Never";
    }
    return {};
}

std::optional<Verdict> verdict_of(std::string_view name) {
    for (const Verdict verdict : kVerdicts)
        if (name_of(verdict) == name) return verdict;
    return std::nullopt;
}

std::optional<VmOrder> VmOrder::parse(std::string_view text) {
    VmOrder order;
    order.descending = text.starts_with('-');
    if (order.descending) text.remove_prefix(1);
    if (text == "age") {
        order.field = VmSortField::kAge;
    } else if (text == "failed") {
        order.field = VmSortField::kFailed;
    } else if (text == "snapshots") {
        order.field = VmSortField::kSnapshots;
    } else if (text == "vm") {
        order.field = VmSortField::kVm;
    } else {
        return std::nullopt;
    }
    return order;
}

}  // namespace snapgate::query
