#include "query/sort_order.h"

namespace snapgate::query {

std::optional<SortOrder> SortOrder::parse(std::string_view text) {
    SortOrder order;
    order.descending = text.starts_with('-');
    if (order.descending) text.remove_prefix(1);
    if (text == "created") {
        order.field = SortField::kCreated;
    } else if (text == "finished") {
        order.field = SortField::kFinished;
    } else if (text == "name") {
        order.field = SortField::kName;
    } else if (text == "vm") {
        order.field = SortField::kVm;
    } else if (text == "duration") {
        order.field = SortField::kDuration;
    } else {
        return std::nullopt;
    }
    return order;
}

SortKeyView sort_key(SortField field, std::string_view name, std::string_view vm,
                     const facts::Facts& facts) {
    switch (field) {
        case SortField::kCreated:
            return {facts.created == 0, facts.created, {}};
        case SortField::kFinished:
            return {facts.finished == 0, facts.finished, {}};
        case SortField::kName:
            return {false, 0, name};
        case SortField::kVm:
            return {vm.empty(), 0, vm};
        case SortField::kDuration: {
            const auto duration = facts.duration();
            return {!duration, duration.value_or(0), {}};
        }
    }
    return {};
}

std::strong_ordering compare(const SortKeyView& a, const SortKeyView& b, bool descending) {
    if (a.missing != b.missing)
        return a.missing ? std::strong_ordering::greater : std::strong_ordering::less;
    const SortKeyView& first = descending ? b : a;
    const SortKeyView& second = descending ? a : b;
    const auto by_number = first.number <=> second.number;
    return by_number != 0 ? by_number : first.text <=> second.text;
}

}  // namespace snapgate::query
