#include "query/content_block.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "facts/cause.h"
#include "json/kept_parts.h"

namespace snapgate::query {

using base::Result;

namespace {

// An error names one volume, or a few: it bounds what somebody's own contents can ask for.
constexpr size_t kMostNames = 8;
constexpr uint32_t kHashBits = 32;
// By chance two contents of a cluster have one hash, and hardly ever three. More were made up.
constexpr size_t kMostOfHash = 8;
// Up to so many rows are looked at one by one, which is faster.
constexpr ptrdiff_t kMostByOne = 8;

facts::ContentHash hash_of_snapshot(std::string_view ns, std::string_view name) {
    return facts::hash_of(facts::content_id(ns, name));
}

ContentBlock::Error error_of(std::string sentence, std::string_view content,
                             std::vector<std::string> volumes) {
    ContentBlock::Error error{std::move(sentence), {}};
    volumes.emplace_back(content);
    for (std::string& name : volumes) {
        if (error.names.size() == kMostNames) break;
        if (error.sentence.find(name) != std::string::npos) error.names.push_back(std::move(name));
    }
    return error;
}

}  // namespace

size_t ContentBlock::bytes() const {
    size_t bytes = sizeof(ContentBlock) + rows_.capacity() * sizeof(Packed) +
                   starts_.capacity() * sizeof(uint32_t) + errors_.capacity() * sizeof(Error);
    for (const Error& error : errors_) {
        bytes += error.sentence.capacity() + error.names.capacity() * sizeof(std::string);
        for (const std::string& name : error.names) bytes += name.capacity();
    }
    return bytes;
}

std::optional<ContentBlock::Content> ContentBlock::find(facts::ContentHash content,
                                                        std::string_view ns,
                                                        std::string_view snapshot) const {
    if (content == 0 || rows_.empty()) return std::nullopt;
    auto row = rows_.begin() + starts_[part_of(content)];
    const auto end = rows_.begin() + starts_[part_of(content) + 1];
    const auto is_before = [content](const Packed& a) { return facts::hash_of(a.id) < content; };
    if (end - row > kMostByOne) {
        row = std::partition_point(row, end, is_before);
    } else {
        while (row != end && is_before(*row)) ++row;
    }
    if (row == end || facts::hash_of(row->id) != content) return std::nullopt;
    const facts::ContentHash named = hash_of_snapshot(ns, snapshot);
    for (size_t i = 0; i < kMostOfHash && row != end && facts::hash_of(row->id) == content;
         ++i, ++row) {
        if (row->snapshot != named) continue;
        Content out;
        if (row->bytes != kUnknown) out.bytes = row->bytes;
        if (row->error != kNoError) out.error = &errors_[row->error];
        return out;
    }
    return std::nullopt;
}

void ContentBlockBuilder::copy(const ContentBlock& old, size_t index) {
    ContentBlock::Packed& packed = block_->rows_.emplace_back(old.rows_[index]);
    if (packed.error == ContentBlock::kNoError) return;
    block_->errors_.push_back(old.errors_[packed.error]);
    packed.error = static_cast<uint32_t>(block_->errors_.size() - 1);
}

Result<void> ContentBlockBuilder::add(const store::Found& found) {
    SNAPGATE_ASSIGN(json::ContentParts parts, json::read_content_parts(found.object));
    ContentBlock::Packed& packed = block_->rows_.emplace_back();
    packed.id = facts::content_id(found.ns, found.name);
    packed.bytes = parts.bytes.value_or(ContentBlock::kUnknown);
    packed.snapshot = hash_of_snapshot(found.ns, parts.snapshot);
    std::string sentence = facts::sentence_of(parts.error);
    if (sentence.empty()) return {};
    packed.error = static_cast<uint32_t>(block_->errors_.size());
    block_->errors_.push_back(error_of(std::move(sentence), found.name, std::move(parts.volumes)));
    return {};
}

std::shared_ptr<const ContentBlock> ContentBlockBuilder::finish(model::Revision revision) {
    auto& rows = block_->rows_;
    if (rows.size() > std::numeric_limits<uint32_t>::max()) return nullptr;
    block_->revision_ = revision;
    rows.shrink_to_fit();
    block_->errors_.shrink_to_fit();
    // A walk adds them in the order of the list.
    if (!std::ranges::is_sorted(rows, {}, &ContentBlock::Packed::id))
        std::ranges::sort(rows, {}, &ContentBlock::Packed::id);
    if (rows.empty()) return std::move(block_);
    const auto bits = std::min(kHashBits, static_cast<uint32_t>(std::bit_width(rows.size())));
    block_->shift_ = kHashBits - bits;
    block_->starts_.resize((size_t{1} << bits) + 1);
    size_t next = 0;
    for (size_t part = 0; part < block_->starts_.size(); ++part) {
        while (next < rows.size() && block_->part_of(facts::hash_of(rows[next].id)) < part) ++next;
        block_->starts_[part] = static_cast<uint32_t>(next);
    }
    return std::move(block_);
}

}  // namespace snapgate::query
