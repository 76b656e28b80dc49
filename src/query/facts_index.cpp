#include "query/facts_index.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "json/object.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Result;

// A block that missed more changes is made anew by the next walk.
constexpr size_t kMostChanges = 4096;

}  // namespace

FactsBlock::Row FactsBlock::row(size_t index) const {
    const Packed& packed = rows_[index];
    const size_t end = index + 1 < rows_.size() ? rows_[index + 1].name : names_.size();
    Row row;
    row.ns = namespaces_[packed.ns];
    row.name = std::string_view(names_).substr(packed.name, end - packed.name);
    row.vm = vms_[packed.vm];
    row.labels = labels_[packed.labels];
    row.vm_id = packed.vm;
    row.labels_id = packed.labels;
    row.facts.state = packed.state;
    row.facts.consistency = packed.consistency;
    row.facts.ready = packed.ready;
    row.facts.of_clone = packed.of_clone;
    row.facts.created = packed.created;
    row.facts.taken = packed.taken;
    row.facts.finished = packed.finished;
    row.facts.stuck_at = packed.stuck_at;
    row.facts.cause_class = classes_[packed.cause_class];
    return row;
}

size_t FactsBlock::bytes() const {
    size_t bytes = sizeof(FactsBlock) + rows_.capacity() * sizeof(Packed) + names_.capacity();
    for (const auto* table : {&namespaces_, &vms_, &classes_, &labels_}) {
        bytes += table->capacity() * sizeof(std::string);
        for (const std::string& text : *table) bytes += text.capacity();
    }
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
    block_->rows_.reserve(old.rows_.size() + more);
    block_->names_.reserve(old.names_.size());
}

void FactsBlockBuilder::copy(const FactsBlock& old, size_t index) {
    FactsBlock::Packed& packed = block_->rows_.emplace_back(old.rows_[index]);
    packed.name = static_cast<uint32_t>(block_->names_.size());
    block_->names_ += old.row(index).name;
}

FactsBlockBuilder::Texts::Texts(const std::vector<std::string>& table) {
    known_.reserve(table.size());
    for (const std::string& text : table)
        known_.emplace(text, static_cast<uint32_t>(known_.size()));
}

uint32_t FactsBlockBuilder::Texts::index_of(std::string_view text,
                                            std::vector<std::string>& table) {
    const auto known = known_.find(text);
    if (known != known_.end()) return known->second;
    const auto index = static_cast<uint32_t>(table.size());
    table.emplace_back(text);
    known_.emplace(std::string(text), index);
    return index;
}

void FactsBlockBuilder::add(std::string_view ns, std::string_view name, std::string_view vm,
                            std::string_view labels, const facts::Facts& facts) {
    FactsBlock::Packed& packed = block_->rows_.emplace_back();
    packed.name = static_cast<uint32_t>(block_->names_.size());
    block_->names_ += name;
    packed.ns = namespaces_.index_of(ns, block_->namespaces_);
    packed.vm = vms_.index_of(vm, block_->vms_);
    packed.cause_class = classes_.index_of(facts.cause_class, block_->classes_);
    packed.labels = labels_.index_of(labels, block_->labels_);
    packed.created = facts.created;
    packed.taken = facts.taken;
    packed.finished = facts.finished;
    packed.stuck_at = facts.stuck_at;
    packed.state = facts.state;
    packed.consistency = facts.consistency;
    packed.ready = facts.ready;
    packed.of_clone = facts.of_clone;
}

std::shared_ptr<const FactsBlock> FactsBlockBuilder::finish(model::Revision revision) {
    // The names of more rows than 32 bits can address belong to no real cluster.
    if (block_->names_.size() > std::numeric_limits<uint32_t>::max()) return nullptr;
    block_->revision_ = revision;
    block_->rows_.shrink_to_fit();
    block_->names_.shrink_to_fit();
    for (auto* table : {&block_->namespaces_, &block_->vms_, &block_->classes_, &block_->labels_})
        table->shrink_to_fit();
    return std::move(block_);
}

namespace {

using Places = std::set<std::pair<std::string, std::string>>;

// The objects that changed after the block's revision; nullopt if they cannot be told any more.
Result<std::optional<Places>> changed_places(const store::ReadView& view,
                                             model::ClusterNumber cluster, model::Revision after,
                                             model::Revision up_to) {
    auto entries = view.log(cluster, after, up_to, kMostChanges);
    if (!entries && entries.error().code == Code::kExpired) return std::optional<Places>();
    SNAPGATE_TRY(entries);
    if (entries->size() == kMostChanges) return std::optional<Places>();
    Places places;
    for (store::LogEntry& entry : *entries) {
        if (entry.kind == model::Kind::kSnapshot)
            places.emplace(std::move(entry.key.ns), std::move(entry.key.name));
    }
    return std::optional(std::move(places));
}

// The block at a later revision: a copy with what changed read anew.
Result<std::shared_ptr<const FactsBlock>> bring_up(const store::ReadView& view,
                                                   model::ClusterNumber cluster,
                                                   const FactsBlock& old, const Places& changed,
                                                   model::Revision revision) {
    FactsBlockBuilder builder(old, changed.size());
    std::string buffer;
    size_t index = 0;
    const auto copy_before = [&](const std::pair<std::string, std::string>* place) {
        for (; index < old.rows(); ++index) {
            const FactsBlock::Row row = old.row(index);
            const std::pair<std::string_view, std::string_view> at(row.ns, row.name);
            if (place != nullptr &&
                at >= std::pair<std::string_view, std::string_view>(place->first, place->second))
                return;
            builder.copy(old, index);
        }
    };
    for (const auto& place : changed) {
        copy_before(&place);
        if (index < old.rows()) {
            const FactsBlock::Row row = old.row(index);
            if (row.ns == place.first && row.name == place.second) ++index;
        }
        SNAPGATE_ASSIGN(const auto found, view.get(cluster, model::Kind::kSnapshot, place.first,
                                                   place.second, revision));
        if (!found) continue;
        SNAPGATE_ASSIGN(const facts::Facts facts, json::read_facts(found->object, buffer));
        builder.add(found->ns, found->name, found->object.vm, json::labels_text(found->object),
                    facts);
    }
    copy_before(nullptr);
    return builder.finish(revision);
}

}  // namespace

std::shared_ptr<const FactsBlock> FactsIndex::block_of(model::ClusterNumber cluster) const {
    base::MutexLock lock(mutex_);
    const auto found = blocks_.find(cluster);
    return found == blocks_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const FactsBlock>> FactsIndex::find(const store::ReadView& view,
                                                           model::ClusterNumber cluster,
                                                           model::Revision revision) {
    std::shared_ptr<const FactsBlock> block = block_of(cluster);
    if (!block || block->revision() == revision) return block;
    if (block->revision() > revision) return std::shared_ptr<const FactsBlock>();
    if (block->texts() > block->rows() + kMostChanges) return std::shared_ptr<const FactsBlock>();
    SNAPGATE_ASSIGN(const auto changed, changed_places(view, cluster, block->revision(), revision));
    if (!changed) return std::shared_ptr<const FactsBlock>();
    SNAPGATE_ASSIGN(block, bring_up(view, cluster, *block, *changed, revision));
    if (block) keep(cluster, block);
    return block;
}

void FactsIndex::keep(model::ClusterNumber cluster, std::shared_ptr<const FactsBlock> block) {
    const size_t bytes = block->bytes();
    base::MutexLock lock(mutex_);
    std::shared_ptr<const FactsBlock>& kept = blocks_[cluster];
    // Another request may have been faster.
    if (kept && kept->revision() >= block->revision()) return;
    const size_t others = bytes_ - (kept ? kept->bytes() : 0);
    if (others + bytes > kMostBytes) {
        blocks_.erase(cluster);
        bytes_ = others;
        return;
    }
    bytes_ = others + bytes;
    kept = std::move(block);
}

void FactsIndex::keep_only(const std::vector<model::ClusterNumber>& clusters) {
    const std::set<model::ClusterNumber> wanted(clusters.begin(), clusters.end());
    base::MutexLock lock(mutex_);
    for (auto block = blocks_.begin(); block != blocks_.end();) {
        if (wanted.contains(block->first)) {
            ++block;
            continue;
        }
        bytes_ -= block->second ? block->second->bytes() : 0;
        block = blocks_.erase(block);
    }
}

}  // namespace snapgate::query
