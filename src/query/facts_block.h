#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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
#include "query/vm_tally.h"
#include "store/store.h"

namespace snapgate::query {

// The facts of all snapshots of a cluster at one revision, in the order of the list, in about 65
// bytes each. Immutable. Causes are not in it, only their classes.
class FactsBlock {
  public:
    // What a row says: views into the block.
    struct Row {
        std::string_view ns;
        std::string_view name;
        std::string_view vm;
        std::string_view labels;  // as json::labels_text() gives them
        uint32_t vm_id = 0;       // equal for equal names of VMs, smaller than vms()
        uint32_t labels_id = 0;   // equal for equal labels, smaller than label_sets()
        facts::Facts facts;       // without the cause
    };

    model::Revision revision() const { return revision_; }
    size_t rows() const { return rows_.size(); }
    size_t vms() const { return vms_.size(); }
    size_t label_sets() const { return labels_.size(); }
    // How many texts its tables hold. More than it has rows: most are of rows that are gone.
    size_t texts() const {
        return namespaces_.size() + vms_.size() + classes_.size() + labels_.size();
    }
    Row row(size_t index) const;
    // The facts of a row without any text: they cost a small part of the row.
    facts::Facts facts_without_texts(size_t index) const {
        const Packed& packed = rows_[index];
        facts::Facts facts;
        facts.state = static_cast<facts::State>(packed.state);
        facts.consistency = static_cast<facts::Consistency>(packed.consistency);
        facts.ready = packed.ready != 0;
        facts.of_clone = packed.of_clone != 0;
        facts.silent = packed.silent != 0;
        facts.created = packed.created;
        facts.source = packed.source;
        facts.content = packed.content;
        if (packed.special == 0) {
            facts.taken = packed.taken;
            facts.finished = packed.taken;
            return facts;
        }
        const Special& special = special_[packed.taken];
        facts.taken = special.taken;
        facts.finished = special.finished;
        facts.stuck_at = special.stuck_at;
        return facts;
    }
    // Some rows, in their order: those of all snapshots that have not succeeded are among them. As
    // a rule they are few, and many questions are about them alone.
    size_t special_rows() const { return special_.size(); }
    size_t special_row(size_t number) const { return special_[number].row; }
    facts::Seconds special_finished(size_t number) const { return special_[number].finished; }

    // The first and the last of some times; 0 if there are none.
    struct Span {
        facts::Seconds first = 0;
        facts::Seconds last = 0;

        void add(facts::Seconds time) {
            if (time == 0) return;
            first = first == 0 ? time : std::min(first, time);
            last = std::max(last, time);
        }
    };
    // When the snapshots of its rows, or of its special rows, were created and finished.
    struct Spans {
        Span created;
        Span finished;
    };
    const Spans& spans(bool of_special) const { return of_special ? special_spans_ : spans_; }
    // The VMs that its snapshots name, by namespace and name.
    std::span<const VmTally> tallies() const { return tallies_; }
    std::string_view namespace_of(const VmTally& tally) const { return namespaces_[tally.ns]; }
    std::string_view vm_of(const VmTally& tally) const { return vms_[tally.vm]; }
    // The same tally without the snapshots that name another VM than the one with that uid.
    VmTally tally_of(const VmTally& tally, facts::UidHash uid) const;
    // How many of its snapshots failed and were made at that time or later, without those that name
    // another VM than the one with that uid, if it is known.
    uint32_t failed_since(const VmTally& tally, facts::Seconds time,
                          std::optional<facts::UidHash> uid) const;
    ListPlace place(size_t index) const {
        return {namespaces_[rows_[index].ns], rows_.name(index)};
    }
    // The memory that it takes.
    size_t bytes() const;

  private:
    friend class FactsBlockBuilder;

    // Makes the spans from the rows, and then the tallies.
    void span_up();
    void tally_up();
    // Gives each row of the tally's VM to `visit`: void(uint32_t row, const facts::Facts&).
    template <class Visit>
    void for_each_row_of(const VmTally& tally, const Visit& visit) const;

    static constexpr uint32_t kNamespaceBits = 22;
    static constexpr uint32_t kMostNamespaces = uint32_t{1} << kNamespaceBits;

    // What a row has besides, unless its snapshot succeeded when it was taken, can not be stuck,
    // and has no cause: nearly all are so.
    struct Special {
        uint32_t row = 0;
        facts::Seconds taken = 0;
        facts::Seconds finished = 0;
        facts::Seconds stuck_at = 0;
        uint32_t cause_class = 0;
    };

    struct Packed {
        facts::Seconds created = 0;
        facts::Seconds taken = 0;  // of a special row its index in special_
        facts::UidHash source = 0;
        facts::ContentHash content = 0;
        uint32_t name = 0;  // see NamedRows
        uint32_t vm = 0;    // indexes into the tables below, as the next one and `ns`
        uint32_t labels = 0;
        // In one number, as there are millions of rows.
        uint32_t ns : kNamespaceBits = 0;
        uint32_t state : 3 = 0;
        uint32_t consistency : 3 = 0;
        uint32_t ready : 1 = 0;
        uint32_t of_clone : 1 = 0;
        uint32_t silent : 1 = 0;
        uint32_t special : 1 = 0;
    };
    static_assert(sizeof(Packed) == 32);

    model::Revision revision_ = 0;
    NamedRows<Packed> rows_;
    std::vector<Special> special_;
    Spans spans_;
    Spans special_spans_;
    std::vector<VmTally> tallies_;
    Texts namespaces_;
    Texts vms_;
    Texts classes_;
    Texts labels_;
};

// Makes a block from rows, which come in the order of the list. Not thread-safe.
class FactsBlockBuilder {
  public:
    FactsBlockBuilder();
    // Begins with the texts of another block, whose rows copy() can then take over; about `more`
    // rows come besides.
    FactsBlockBuilder(const FactsBlock& old, size_t more);

    static constexpr model::Kind kKind = model::Kind::kSnapshot;
    static ListPlace place_of(std::string_view ns, std::string_view name) { return {ns, name}; }

    void copy(const FactsBlock& old, size_t index);
    // kCorrupt if the facts cannot be read.
    base::Result<void> add(const store::Found& found);
    void add(std::string_view ns, std::string_view name, std::string_view vm,
             std::string_view labels, const facts::Facts& facts);
    std::shared_ptr<const FactsBlock> finish(model::Revision revision);

  private:
    std::shared_ptr<FactsBlock> block_;
    std::string buffer_;  // of facts that were not stored
    TextTable namespaces_;
    TextTable vms_;
    TextTable classes_;
    TextTable labels_;
};

using FactsIndex = KindIndex<FactsBlock, FactsBlockBuilder>;

}  // namespace snapgate::query
