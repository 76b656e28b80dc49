#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "api/measured_text.h"
#include "api/where_made.h"
#include "base/result.h"
#include "query/listing.h"
#include "store/store.h"

namespace snapgate::api {

// A list on its way to a client. `List`, of query/, finds the rows, and says whether it searches()
// for them (api/where_made.h) and what it keeps meanwhile; `Document` writes them, and what stands
// around them, with these members:
//
//     void begin(std::string& out);
//     base::Result<void> item(const List& list, const Row& row, std::string& out);
//     void end(const List& list, std::string& out);
//     bool is_cheap() const;    // as RepeatableText's
//
// A document is a copyable value: at a mark it is copied, so it must be small.
template <class List, class Document>
class ListText final : public RepeatableText {
  public:
    // The store outlives it.
    ListText(store::Store& store, List list, Document document)
        : store_(store), list_(std::move(list)), document_(std::move(document)) {}

    base::Result<bool> step(std::string& out, size_t full) override {
        if (!begun_) document_.begin(out);
        begun_ = true;
        // A view of its own for each step: none is kept while other requests go on.
        SNAPGATE_ASSIGN(const bool whole, list_.step(store_.read(), out, full,
                                                     [this](const auto& row, std::string& text) {
                                                         return document_.item(list_, row, text);
                                                     }));
        if (whole) document_.end(list_, out);
        return whole;
    }
    bool is_cheap() const override { return document_.is_cheap(); }
    net::Where where() const override {
        return is_cheap() ? where_made(list_) : net::Where::kAside;
    }
    size_t kept_bytes() const override { return list_.kept_bytes(); }
    void hold_history() override {
        if (!history_) history_ = list_.listing().hold_history(store_);
    }
    void mark() override { mark_.emplace(list_.mark(), document_, begun_); }
    void return_to_mark() override {
        list_.return_to(mark_->place);
        document_ = mark_->document;
        begun_ = mark_->begun;
    }

    Document& document() { return document_; }

  private:
    struct Mark {
        Mark(typename List::Mark a_place, Document a_document, bool has_begun)
            : place(std::move(a_place)), document(std::move(a_document)), begun(has_begun) {}

        typename List::Mark place;
        Document document;
        bool begun;
    };

    store::Store& store_;
    List list_;
    Document document_;
    bool begun_ = false;
    std::optional<Mark> mark_;
    query::HeldHistory history_;
};

}  // namespace snapgate::api
