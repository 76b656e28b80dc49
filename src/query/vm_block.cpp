#include "query/vm_block.h"

#include <utility>

#include "json/kept_parts.h"
#include "json/object.h"

namespace snapgate::query {

using base::Result;

VmBlock::Row VmBlock::row(size_t index) const {
    const Packed& packed = rows_[index];
    Row row;
    row.ns = namespaces_[packed.ns];
    row.name = rows_.name(index);
    row.status = statuses_[packed.status];
    row.labels = labels_[packed.labels];
    row.labels_id = packed.labels;
    row.uid = packed.uid;
    row.ignored = packed.ignored;
    return row;
}

size_t VmBlock::bytes() const {
    size_t bytes = sizeof(VmBlock) + rows_.bytes();
    for (const auto* table : {&namespaces_, &statuses_, &labels_}) bytes += table->bytes();
    return bytes;
}

size_t VmBlock::lower_bound(std::string_view ns, std::string_view name) const {
    const std::pair<std::string_view, std::string_view> place(ns, name);
    size_t first = 0;
    size_t end = rows_.size();
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const Row at = row(middle);
        if (std::pair(at.ns, at.name) < place) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

VmBlockBuilder::VmBlockBuilder() : block_(std::make_shared<VmBlock>()) {}

VmBlockBuilder::VmBlockBuilder(const VmBlock& old, size_t more)
    : block_(std::make_shared<VmBlock>()),
      namespaces_(old.namespaces_),
      statuses_(old.statuses_),
      labels_(old.labels_) {
    block_->namespaces_ = old.namespaces_;
    block_->statuses_ = old.statuses_;
    block_->labels_ = old.labels_;
    block_->rows_.reserve(old.rows_, more);
}

void VmBlockBuilder::copy(const VmBlock& old, size_t index) {
    block_->rows_.copy(old.rows_, index);
}

Result<void> VmBlockBuilder::add(const store::Found& found) {
    SNAPGATE_ASSIGN(const json::VmParts parts, json::read_vm_parts(found.object));
    VmBlock::Packed& packed = block_->rows_.add(found.name);
    packed.ns = namespaces_.index_of(found.ns, block_->namespaces_);
    packed.status = statuses_.index_of(parts.status, block_->statuses_);
    packed.labels = labels_.index_of(json::labels_text(found.object), block_->labels_);
    packed.uid = facts::hash_of_uid(json::read_uid(found.object));
    packed.ignored = parts.ignored;
    return {};
}

std::shared_ptr<const VmBlock> VmBlockBuilder::finish(model::Revision revision) {
    bool fits = true;
    for (Texts* texts : {&block_->namespaces_, &block_->statuses_, &block_->labels_})
        fits = texts->finish() && fits;
    if (!block_->rows_.finish() || !fits) return nullptr;
    block_->revision_ = revision;
    return std::move(block_);
}

}  // namespace snapgate::query
