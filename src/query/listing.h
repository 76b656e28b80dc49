#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/continue_token.h"
#include "query/fingerprint.h"
#include "query/page_count.h"
#include "store/store.h"

namespace snapgate::query {

struct FleetIndex;
class Selector;

// The cluster that is listed.
struct ListedCluster {
    model::ClusterNumber number = 0;
    std::string_view uid;
};

// The messages with which a protocol tells a client that a list is not possible, and the errors
// that have them. A function makes the message from the text that it gets.
struct ListWords {
    std::string (*broken_token)(std::string_view token);  // the token is not one of this server's
    std::string_view foreign_token;                       // the token belongs to another list
    std::string_view token_expired;  // the token's state is gone; the error has a new token
    std::string_view state_expired;  // the state that the list shows is gone
    // For a protocol in which a client may ask for a version: a version together with a token; a
    // version that the cluster has not reached.
    std::string_view version_with_token;
    base::Error (*version_ahead)(std::string_view version, std::string_view newest);

    base::Error broken(std::string_view token) const;
    base::Error foreign() const;
    base::Error with_version() const;
    // `again`: the new token, which goes on at the newest state; "" where there is none.
    base::Error expired(std::string again) const;
    base::Error expired_state() const;
};

// The things that a list needs besides its request. They outlive the list.
struct ListContext {
    const store::Store& store;
    const TokenSigner& signer;
    const ListWords& words;
    FleetIndex* index = nullptr;  // for questions about all snapshots; null: they read the store
};

// Keeps history readable for as long as it lives.
using HeldHistory = std::shared_ptr<void>;

// Number of objects of a kind in the newest state of a cluster: in some namespaces, or, without
// any, in all of them.
base::Result<uint64_t> count_objects(const store::ReadView& view, model::ClusterNumber cluster,
                                     model::Kind kind, std::span<const std::string> namespaces);

// Whether the state at `revision` may be shown: it can be read, and it was replaced within the time
// of history. The second condition makes the answer independent of the progress of compaction.
base::Result<bool> is_kept(const store::Store& store, const store::ReadView& view,
                           model::ClusterNumber cluster, model::Revision revision);

// For a page that is complete: kCorrupt unless the number of its objects agrees with `left`, the
// number of objects that the store counted from the first one of this page on. A row that is lost
// is missed in this way. `more`: the page is not the last.
base::Result<void> check_count_of(std::string_view uid, uint64_t items, uint64_t left, bool more);

// One state of one cluster, which a listing shows on all its pages, and the tokens that lead from
// page to page. The lists of both protocols and the first state of a watch use it; each walks the
// objects in its own way. Belongs to one thread at a time; keeps no read view.
class Listing {
  public:
    static constexpr size_t kDigestBytes = kListingDigestBytes;
    // About so many rows are looked at in one step of a page, whatever is found in them.
    static constexpr size_t kStepRows = 20'000;
    // To begin with another cluster takes as long as so many rows, about ten microseconds.
    static constexpr size_t kRowsOfCluster = 200;
    // To ask a selector about an object takes as long as to look at so many rows.
    static size_t rows_of(const Selector& selector);

    // `digest`: kDigestBytes that identify the listing, so that a token does not work in another
    // one. The first `bound_bytes` of it must be those of the token.
    Listing(const ListContext& context, ListedCluster cluster, std::string digest,
            size_t bound_bytes);

    // Shows the newest state. kNotFound: the store has no such cluster.
    base::Result<void> show_newest(const store::ReadView& view);
    // Shows the state at a revision, which clients know by `version`. ListWords::expired_state().
    base::Result<void> show(const store::ReadView& view, model::Revision revision,
                            std::string version);
    // Reads a client's token. kInvalidParameter.
    base::Result<ContinueToken> read_token(std::string_view text) const;
    // Shows the state of the token's page. Call show_newest before: that is the state for a token
    // from the error of an expired one. kExpired, with such a token; kFutureVersion, with it, too,
    // for a state that another replica has shown and that this one has not got to yet.
    base::Result<void> go_on(const store::ReadView& view, const ContinueToken& token);

    // For later steps of a page: kExpired if its state can no longer be read. The time of history
    // is not checked again, since the page may hold its history.
    base::Result<void> check_readable(const store::ReadView& view) const;
    // Keeps the state readable from now on.
    HeldHistory hold_history(store::Store& store) const;

    // check_count_of() for a page of this cluster, if its count is known.
    base::Result<void> check_count(const PageCount& page) const;

    // A token for the page after the object `after`.
    std::string token(const model::ObjectKey& after, std::optional<uint64_t> remaining) const;
    // The error for a state that is gone, with a token that goes on after `after` at the newest
    // state.
    base::Error expired(const model::ObjectKey& after) const;

    const ListContext& context() const { return context_; }
    const std::string& digest() const { return digest_; }
    model::ClusterNumber cluster() const { return cluster_; }
    model::Revision revision() const { return revision_; }
    const std::string& version() const { return version_; }

  private:
    ContinueToken make_token(const model::ObjectKey& after) const;

    ListContext context_;
    std::string uid_;
    model::ClusterNumber cluster_ = 0;
    std::string digest_;
    size_t bound_bytes_ = 0;
    model::Revision revision_ = 0;
    std::string version_;
};

}  // namespace snapgate::query
