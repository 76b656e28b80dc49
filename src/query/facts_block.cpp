#include "query/facts_block.h"

#include <algorithm>
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
    if (packed.special != 0) row.facts.cause_class = classes_[special_[packed.taken].cause_class];
    return row;
}

size_t FactsBlock::bytes() const {
    size_t bytes = sizeof(FactsBlock) + rows_.bytes() + special_.capacity() * sizeof(Special);
    bytes += tallies_.capacity() * sizeof(VmTally);
    for (const auto* table : {&namespaces_, &vms_, &classes_, &labels_}) bytes += table->bytes();
    return bytes;
}

void FactsBlock::span_up() {
    for (size_t index = 0; index < rows(); ++index) {
        const facts::Facts facts = facts_without_texts(index);
        for (Spans* spans : {&spans_, &special_spans_}) {
            spans->created.add(facts.created);
            spans->finished.add(facts.finished);
            if (rows_[index].special == 0) break;
        }
    }
}

void FactsBlock::tally_up() {
    // Rows of one namespace stand together, so the last tally of a VM's name is the only one that a
    // row may belong to.
    std::vector<uint32_t> last_of(vms_.size(), VmTally::kNone);
    for (uint32_t index = 0; index < rows_.size(); ++index) {
        const Packed& packed = rows_[index];
        if (packed.of_clone != 0 || vms_[packed.vm].empty()) continue;
        uint32_t& last = last_of[packed.vm];
        if (last == VmTally::kNone || tallies_[last].ns != packed.ns) {
            last = static_cast<uint32_t>(tallies_.size());
            VmTally& tally = tallies_.emplace_back();
            tally.ns = packed.ns;
            tally.vm = packed.vm;
            tally.first_row = index;
        }
        tallies_[last].add(index, facts_without_texts(index));
    }
    tallies_.shrink_to_fit();
    std::ranges::sort(tallies_, [this](const VmTally& a, const VmTally& b) {
        if (a.ns != b.ns) return namespaces_[a.ns] < namespaces_[b.ns];
        return vms_[a.vm] < vms_[b.vm];
    });
}

template <class Visit>
void FactsBlock::for_each_row_of(const VmTally& tally, const Visit& visit) const {
    for (uint32_t index = tally.first_row; index < rows_.size(); ++index) {
        const Packed& packed = rows_[index];
        if (packed.ns != tally.ns) return;
        if (packed.vm == tally.vm && packed.of_clone == 0) visit(index, facts_without_texts(index));
    }
}

VmTally FactsBlock::tally_of(const VmTally& tally, facts::UidHash uid) const {
    VmTally of_one;
    of_one.ns = tally.ns;
    of_one.vm = tally.vm;
    of_one.first_row = tally.first_row;
    // None of them needs to be looked at where all name one other VM.
    if (!tally.several_sources && !tally.some_without_source) return of_one;
    for_each_row_of(tally, [&](uint32_t row, const facts::Facts& facts) {
        if (facts.source == 0 || facts.source == uid) of_one.add(row, facts);
    });
    return of_one;
}

uint32_t FactsBlock::failed_since(const VmTally& tally, facts::Seconds time,
                                  std::optional<facts::UidHash> uid) const {
    if (tally.failed == 0 || tally.last_failed < time) return 0;
    if (tally.first_failed >= time) return tally.failed;
    uint32_t failed = 0;
    for (auto special = std::ranges::lower_bound(special_, tally.first_row, {}, &Special::row);
         special != special_.end() && rows_[special->row].ns == tally.ns; ++special) {
        const Packed& packed = rows_[special->row];
        if (packed.vm != tally.vm || packed.of_clone != 0 || packed.created < time) continue;
        if (static_cast<facts::State>(packed.state) != facts::State::kFailed) continue;
        if (!uid || packed.source == 0 || packed.source == *uid) ++failed;
    }
    return failed;
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
    FactsBlock::Packed& packed = block_->rows_.copy(old.rows_, index);
    if (packed.special == 0) return;
    FactsBlock::Special special = old.special_[packed.taken];
    special.row = static_cast<uint32_t>(block_->rows_.size() - 1);
    packed.taken = static_cast<uint32_t>(block_->special_.size());
    block_->special_.push_back(special);
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
    packed.labels = labels_.index_of(labels, block_->labels_);
    packed.created = facts.created;
    packed.source = facts.source;
    packed.content = facts.content;
    packed.state = static_cast<uint32_t>(facts.state);
    packed.consistency = static_cast<uint32_t>(facts.consistency);
    packed.ready = facts.ready ? 1 : 0;
    packed.of_clone = facts.of_clone ? 1 : 0;
    packed.silent = facts.silent ? 1 : 0;
    packed.taken = facts.taken;
    if (facts.state == facts::State::kSucceeded && facts.finished == facts.taken &&
        facts.stuck_at == 0 && facts.cause_class.empty())
        return;
    packed.special = 1;
    packed.taken = static_cast<uint32_t>(block_->special_.size());
    block_->special_.push_back({static_cast<uint32_t>(block_->rows_.size() - 1), facts.taken,
                                facts.finished, facts.stuck_at,
                                classes_.index_of(facts.cause_class, block_->classes_)});
}

std::shared_ptr<const FactsBlock> FactsBlockBuilder::finish(model::Revision revision) {
    bool fits = block_->namespaces_.size() <= FactsBlock::kMostNamespaces;
    for (Texts* texts : {&block_->namespaces_, &block_->vms_, &block_->classes_, &block_->labels_})
        fits = texts->finish() && fits;
    if (!block_->rows_.finish() || !fits) return nullptr;
    block_->revision_ = revision;
    block_->special_.shrink_to_fit();
    block_->span_up();
    block_->tally_up();
    return std::move(block_);
}

}  // namespace snapgate::query
