#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/continue_token.h"
#include "store/store.h"

namespace snapgate::query {

// The cluster a list is of.
struct ListedCluster {
    model::ClusterNumber number = 0;
    std::string_view uid;
};

// How a protocol tells a client that its list cannot be given. Each is a whole message, except that
// functions make one of the texts that they get.
struct ListWords {
    std::string (*broken_token)(std::string_view token);  // no token that this server gave out
    std::string_view foreign_token;                       // a token of another list
    std::string_view token_expired;  // its state is gone; the error has a token to go on with
    std::string_view state_expired;  // the state that the list shows is gone
    // Where a client may ask for a version: one together with a token, and one that the cluster has
    // not reached.
    std::string_view version_with_token;
    base::Error (*version_ahead)(std::string_view version, std::string_view newest);
};

// What a list needs besides its request: outlives it.
struct ListContext {
    const store::Store& store;
    const TokenSigner& signer;
    const ListWords& words;
};

// A digest over parts. A text goes in with its length, so that other texts never give the same
// bytes.
class Fingerprint {
  public:
    // `use` tells digests for one use from those for another.
    explicit Fingerprint(std::string_view use = {}) : bytes_(use) {}
    Fingerprint& text(std::string_view part);
    Fingerprint& number(uint8_t value);
    Fingerprint& number(uint32_t value);
    Fingerprint& number(uint64_t value);
    // The first `size` bytes of the SHA-256.
    std::string digest(size_t size) const;

  private:
    std::string bytes_;
};

// Whether the state at `revision` may be shown: it can be read, and was replaced no longer ago than
// history is kept. The second makes the answer independent of how far compaction has come.
base::Result<bool> is_kept(const store::Store& store, const store::ReadView& view,
                           model::ClusterNumber cluster, model::Revision revision);

// One state of one cluster, which a listing shows on all its pages, and the tokens that lead from
// page to page. The lists of both protocols and the first state of a watch are made over it; each
// walks the objects in its own way. Belongs to one thread at a time; keeps no read view.
class Listing {
  public:
    static constexpr size_t kDigestBytes = 16;

    // `digest`: kDigestBytes that name the listing, so that a token does not go on in another one.
    // Of a token the first `bound_bytes` must be the same.
    Listing(const ListContext& context, ListedCluster cluster, std::string digest,
            size_t bound_bytes);

    // Shows the newest state. kNotFound: the store has no such cluster.
    base::Result<void> show_newest(const store::ReadView& view);
    // Shows the state at a revision, which clients know by `version`. kExpired in the words for a
    // state.
    base::Result<void> show(const store::ReadView& view, model::Revision revision,
                            std::string version);
    // The error for a state that is no longer kept.
    base::Error state_expired() const;
    // What a client's token says. kInvalidParameter.
    base::Result<ContinueToken> read_token(std::string_view text) const;
    // Shows the state of the token's page; after show_newest, which is the state for a token that
    // was given out with an expiry. kExpired, with such a token.
    base::Result<void> go_on(const store::ReadView& view, const ContinueToken& token);

    // For later steps of a page: kExpired if its state can no longer be read. History is not looked
    // at again, since the page may hold it.
    base::Result<void> check_readable(const store::ReadView& view) const;

    // A token for the page after that object.
    std::string token(const model::ObjectKey& after, std::optional<uint64_t> remaining) const;
    // The state is gone: the error has a token that goes on after `after` at the newest state.
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
