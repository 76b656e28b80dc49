#include "query/vm_table.h"

#include "query/fleet_walk.h"

namespace snapgate::query {

VmRow& VmTable::row_of(std::string_view vm, uint32_t vm_id) {
    if (vm_id != FleetRow::kNoVm) {
        if (by_id_.size() <= vm_id) by_id_.resize(size_t{vm_id} + 1);
        Slot& slot = by_id_[vm_id];
        if (slot.round == round_) return rows_[slot.index];
        slot = {round_, size_};
        return new_row(vm);
    }
    const auto known = by_name_.find(vm);
    if (known != by_name_.end()) return rows_[known->second];
    by_name_.emplace(std::string(vm), size_);
    return new_row(vm);
}

VmRow& VmTable::new_row(std::string_view vm) {
    if (size_ == rows_.size()) rows_.emplace_back();
    VmRow& row = rows_[size_++];
    row.vm = vm;
    row.forget_snapshots();
    row.is_new = true;
    return row;
}

void VmRow::forget_snapshots() {
    snapshots = 0;
    known = Known::kBySnapshots;
    status.clear();
    ignored = false;
    last_restore.reset();
    bytes.reset();
    failed = 0;
    last_good.reset();
    last_attempt.name.clear();
    last_attempt.state = facts::State::kPending;
    last_attempt.at = 0;
    last_attempt.cause.clear();
    last_attempt.cause_class.clear();
    last_attempt.lacks_cause = false;
    last_attempt.content = 0;
}

void VmTable::clear() {
    size_ = 0;
    ++round_;
    by_name_.clear();
}

}  // namespace snapgate::query
