#include "query/facts_index.h"

#include <utility>

#include "json/object.h"

namespace snapgate::query {

using base::Result;

FactsBlock::Row FactsBlock::row(size_t index) const {
    const Packed& packed = rows_[index];
    Row row;
    row.ns = namespaces_[packed.ns];
    row.name = rows_.name(index);
    row.vm = vms_[packed.vm];
    row.labels = labels_[packed.labels];
    row.vm_id = packed.vm;
    row.labels_id = packed.labels;
    row.facts = facts_without_texts(index);
    row.facts.cause_class = classes_[packed.cause_class];
    return row;
}

size_t FactsBlock::bytes() const {
    size_t bytes =
        sizeof(FactsBlock) + rows_.bytes() + not_succeeded_.capacity() * sizeof(uint32_t);
    for (const auto* table : {&namespaces_, &vms_, &classes_, &labels_}) bytes += bytes_of(*table);
    return bytes;
}

FactsBlockBuilder::FactsBlockBuilder() : block_(std::make_shared<FactsBlock>()) {}

FactsBlockBuilder::FactsBlockBuilder(const FactsBlock& old, size_t more)
    : block_(std::make_shared<FactsBlock>()),
      namespaces_(old.namespaces_),
      vms_(old.vms_),
      classes_(old.classes_),
      labels_(old.labels_) {
    block_->namespaces_ = old.namespaces_;
    block_->vms_ = old.vms_;
    block_->classes_ = old.classes_;
    block_->labels_ = old.labels_;
    block_->rows_.reserve(old.rows_, more);
}

void FactsBlockBuilder::copy(const FactsBlock& old, size_t index) {
    block_->rows_.copy(old.rows_, index);
}

Result<void> FactsBlockBuilder::add(const store::Found& found) {
    SNAPGATE_ASSIGN(const facts::Facts facts, json::read_facts(found.object, buffer_));
    add(found.ns, found.name, found.object.vm, json::labels_text(found.object), facts);
    return {};
}

void FactsBlockBuilder::add(std::string_view ns, std::string_view name, std::string_view vm,
                            std::string_view labels, const facts::Facts& facts) {
    FactsBlock::Packed& packed = block_->rows_.add(name);
    packed.ns = namespaces_.index_of(ns, block_->namespaces_) & (FactsBlock::kMostNamespaces - 1);
    packed.vm = vms_.index_of(vm, block_->vms_);
    packed.cause_class = classes_.index_of(facts.cause_class, block_->classes_);
    packed.labels = labels_.index_of(labels, block_->labels_);
    packed.created = facts.created;
    packed.taken = facts.taken;
    packed.finished = facts.finished;
    packed.stuck_at = facts.stuck_at;
    packed.source = facts.source;
    packed.content = facts.content;
    packed.state = static_cast<uint32_t>(facts.state);
    packed.consistency = static_cast<uint32_t>(facts.consistency);
    packed.ready = facts.ready ? 1 : 0;
    packed.of_clone = facts.of_clone ? 1 : 0;
    packed.silent = facts.silent ? 1 : 0;
}

std::shared_ptr<const FactsBlock> FactsBlockBuilder::finish(model::Revision revision) {
    const bool fits = block_->namespaces_.size() <= FactsBlock::kMostNamespaces;
    if (!block_->rows_.finish() || !fits) return nullptr;
    block_->revision_ = revision;
    constexpr auto kSucceeded = static_cast<uint32_t>(facts::State::kSucceeded);
    for (uint32_t index = 0; index < block_->rows(); ++index) {
        if (block_->rows_[index].state != kSucceeded) block_->not_succeeded_.push_back(index);
    }
    block_->not_succeeded_.shrink_to_fit();
    for (auto* table : {&block_->namespaces_, &block_->vms_, &block_->classes_, &block_->labels_})
        table->shrink_to_fit();
    return std::move(block_);
}

}  // namespace snapgate::query
