#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "model/types.h"
#include "query/kind_index.h"
#include "store/store.h"

namespace snapgate::query {

// The VirtualMachineSnapshotContents of a cluster at one revision, in about 30 bytes each, and
// more for those with an error. A cluster has about one for each snapshot, so their names, which
// are long, are not kept, but stand as hashes; the rows are in their order. Immutable.
class ContentBlock {
  public:
    // What a content tells besides.
    struct Error {
        std::string sentence;            // see facts::sentence_of()
        std::vector<std::string> names;  // in the sentence, of the content and of its volumes
    };
    struct Content {
        std::optional<uint64_t> bytes;  // that its claims request
        const Error* error = nullptr;   // null: it has none
    };

    model::Revision revision() const { return revision_; }
    size_t rows() const { return rows_.size(); }
    size_t texts() const { return 0; }
    facts::ContentId place(size_t index) const { return rows_[index].id; }
    size_t bytes() const;

    // The content that a snapshot names (Facts::content) and that names the snapshot; nullopt if it
    // is not there. Both, because a content may outlive its snapshot, and another snapshot may take
    // the name.
    std::optional<Content> find(facts::ContentHash content, std::string_view ns,
                                std::string_view snapshot) const;
    bool any_error() const { return !errors_.empty(); }

  private:
    friend class ContentBlockBuilder;

    static constexpr uint64_t kUnknown = UINT64_MAX;
    static constexpr uint32_t kNoError = UINT32_MAX;

    struct Packed {
        facts::ContentId id = 0;
        uint64_t bytes = kUnknown;
        facts::ContentHash snapshot = 0;  // of the snapshot's name
        uint32_t error = kNoError;        // index of errors_
    };

    // The part of starts_ that a hash belongs to.
    size_t part_of(facts::ContentHash content) const { return content >> shift_; }

    model::Revision revision_ = 0;
    std::vector<Packed> rows_;  // by their ids
    // Where in rows_ the hashes of each part begin. Hashes are spread evenly, so with about as many
    // parts as rows a part has one or two.
    std::vector<uint32_t> starts_;
    uint32_t shift_ = 0;
    std::vector<Error> errors_;
};

// See KindIndex. Not thread-safe.
class ContentBlockBuilder {
  public:
    static constexpr model::Kind kKind = model::Kind::kContent;
    static facts::ContentId place_of(std::string_view ns, std::string_view name) {
        return facts::content_id(ns, name);
    }

    ContentBlockBuilder() : block_(std::make_shared<ContentBlock>()) {}
    ContentBlockBuilder(const ContentBlock& old, size_t more) : ContentBlockBuilder() {
        block_->rows_.reserve(old.rows() + more);
    }

    void copy(const ContentBlock& old, size_t index);
    // kCorrupt if the object cannot be read.
    base::Result<void> add(const store::Found& found);
    std::shared_ptr<const ContentBlock> finish(model::Revision revision);

  private:
    std::shared_ptr<ContentBlock> block_;
};

using ContentIndex = KindIndex<ContentBlock, ContentBlockBuilder>;

}  // namespace snapgate::query
