#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "model/types.h"
#include "query/kind_index.h"
#include "query/named_rows.h"
#include "query/text_table.h"
#include "query/texts.h"
#include "store/store.h"

namespace snapgate::query {

// The VirtualMachines of a cluster at one revision, in the order of the list, in about 50 bytes
// each. Immutable.
class VmBlock {
  public:
    // Views into the block.
    struct Row {
        std::string_view ns;
        std::string_view name;
        std::string_view status;  // as KubeVirt prints it: "Running"
        std::string_view labels;  // as json::labels_text() gives them
        uint32_t labels_id = 0;   // equal for equal labels, smaller than label_sets()
        facts::UidHash uid = 0;
        bool ignored = false;  // it is to be left out of reports
    };

    model::Revision revision() const { return revision_; }
    size_t rows() const { return rows_.size(); }
    size_t label_sets() const { return labels_.size(); }
    size_t texts() const { return namespaces_.size() + statuses_.size() + labels_.size(); }
    Row row(size_t index) const;
    ListPlace place(size_t index) const {
        return {namespaces_[rows_[index].ns], rows_.name(index)};
    }
    size_t bytes() const;
    // The index of the first row at or after that place.
    size_t lower_bound(std::string_view ns, std::string_view name) const;

  private:
    friend class VmBlockBuilder;

    struct Packed {
        uint32_t name = 0;  // see NamedRows
        uint32_t ns = 0;    // indexes into the tables below
        uint32_t status = 0;
        uint32_t labels = 0;
        facts::UidHash uid = 0;
        bool ignored = false;
    };

    model::Revision revision_ = 0;
    NamedRows<Packed> rows_;
    Texts namespaces_;
    Texts statuses_;
    Texts labels_;
};

// See KindIndex. Not thread-safe.
class VmBlockBuilder {
  public:
    static constexpr model::Kind kKind = model::Kind::kVirtualMachine;
    static ListPlace place_of(std::string_view ns, std::string_view name) { return {ns, name}; }

    VmBlockBuilder();
    VmBlockBuilder(const VmBlock& old, size_t more);

    void copy(const VmBlock& old, size_t index);
    // kCorrupt if the object cannot be read.
    base::Result<void> add(const store::Found& found);
    std::shared_ptr<const VmBlock> finish(model::Revision revision);

  private:
    std::shared_ptr<VmBlock> block_;
    TextTable namespaces_;
    TextTable statuses_;
    TextTable labels_;
};

using VmIndex = KindIndex<VmBlock, VmBlockBuilder>;

}  // namespace snapgate::query
