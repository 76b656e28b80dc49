#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/continue_token.h"
#include "query/list_request.h"
#include "store/store.h"

namespace snapgate::query {

// The cluster a list is of.
struct ListedCluster {
    model::ClusterNumber number = 0;
    std::string_view uid;
};

// What a list needs besides the request: outlives it.
struct ListContext {
    const store::Store& store;
    const TokenSigner& signer;
};

// One page of a list, from a request to bytes. Every page of one listing shows the head at its
// first page. Belongs to one thread at a time; keeps no read view between its calls, so that a long
// page can be made in steps with other work between them.
//
//   auto page = ListPage::plan(context, view, cluster, request);   // then page->etag()
//   while (true) { auto view = store.read(); if (page->step(view, body).value()) break; ... }
class ListPage {
  public:
    // Finds the revision and the place to begin. kNotFound: no such cluster in the store;
    // kInvalidParameter: a token that is broken or belongs to another query; kExpired, with a token
    // to go on from: its revision is too old, or of another store.
    static base::Result<ListPage> plan(const ListContext& context, const store::ReadView& view,
                                       ListedCluster cluster, ListRequest request);

    // Names the content of this page; the same for the same request at the same state. A weak ETag.
    const std::string& etag() const { return etag_; }

    // Appends to `body`, looking at about kStepRows rows at most. True when the page is whole. On
    // an error what was appended is of no use.
    base::Result<bool> step(const store::ReadView& view, std::string& body);

    static constexpr size_t kStepRows = 20'000;
    // A page ends early, with a token, once it is so large: objects may have 2 MiB, and a page is
    // held in memory until the client has read it.
    static constexpr size_t kPageBytes = 8 << 20;

  private:
    // One ordered run of objects: the whole cluster, or one VM's. `at` is where it goes on in a
    // later view.
    struct Source {
        std::string vm;  // "" for the whole cluster
        model::ObjectKey at;
        bool ended = false;
        std::optional<store::ReadView::Scan> scan;  // within one step
    };

    explicit ListPage(const ListContext& context) : context_(&context) {}

    base::Result<void> resume(const ContinueToken& token, const store::ReadView& view,
                              const store::Head& head);
    base::Result<void> check_readable(const store::ReadView& view) const;
    base::Error expired(const model::ObjectKey& after) const;
    base::Result<void> count_items(const store::ReadView& view);
    void make_sources();
    void make_etag();
    // Moves to the first object at or after `source.at` that the namespace filter lets through.
    // False if there is none, or if the budget ran out (then source.scan is exhausted).
    base::Result<bool> settle(Source& source, const store::ReadView& view, size_t budget);
    base::Result<bool> advance(Source& source);
    base::Result<bool> skip_other_namespaces(Source& source) const;
    void finish(bool more, std::string& body);

    const ListContext* context_;
    model::ClusterNumber cluster_ = 0;
    ListRequest request_;
    std::string query_digest_;
    std::string etag_;
    model::Revision revision_ = 0;
    std::string version_;
    std::optional<uint64_t> remaining_;      // from the first item of this page on
    std::optional<model::ObjectKey> after_;  // list what comes after it
    std::vector<Source> sources_;
    size_t items_ = 0;
    bool begun_ = false;
};

}  // namespace snapgate::query
