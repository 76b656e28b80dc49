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
    row.snapshots = 0;
    row.known = VmRow::Known::kBySnapshots;
    row.status.clear();
    row.ignored = false;
    row.last_restore.reset();
    row.bytes.reset();
    row.is_new = true;
    row.failed = 0;
    row.last_good.reset();
    row.last_attempt.name.clear();
    row.last_attempt.state = facts::State::kPending;
    row.last_attempt.at = 0;
    row.last_attempt.cause.clear();
    row.last_attempt.cause_class.clear();
    row.last_attempt.lacks_cause = false;
    row.last_attempt.content = 0;
    return row;
}

void VmTable::clear() {
    size_ = 0;
    ++round_;
    by_name_.clear();
}

}  // namespace snapgate::query
