#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "query/fleet.h"
#include "query/fleet_token.h"
#include "query/listing.h"
#include "store/store.h"

namespace snapgate::query {

// As is_kept() of one cluster (listing.h): whether each cluster of the fleet may be shown as it was
// in that state of the store.
base::Result<bool> is_kept(const store::Store& store, const store::ReadView& view,
                           const Fleet& fleet, const store::StoreState& state);

// Whether a question is about a cluster. `wanted`: names and uids; none means all.
bool is_wanted_cluster(const std::vector<std::string>& wanted, std::string_view name,
                       std::string_view uid);

// One state of all clusters of a fleet, which a listing shows on all its pages: each cluster as its
// head was at one revision of the store. And the tokens that lead from page to page. What Listing
// is for one cluster. Belongs to one thread at a time; keeps no read view.
class FleetListing {
  public:
    static constexpr model::Kind kSnapshotsAlone[] = {model::Kind::kSnapshot};
    static constexpr model::Kind kRestoresAlone[] = {model::Kind::kRestore};

    // `query`: the digest that a token is bound to. `clusters`: names and uids of those that are
    // wanted; none means all. `kinds`: of the objects that are read, for as long as the program
    // runs.
    FleetListing(const ListContext& context, std::shared_ptr<const Fleet> fleet, std::string query,
                 const std::vector<std::string>& clusters,
                 std::span<const model::Kind> kinds = kSnapshotsAlone);
    std::span<const model::Kind> kinds() const { return kinds_; }

    // Shows the newest state, or that of a token ("" for none), at the present time `now`.
    // kInvalidParameter: the token is broken, or of another list; kExpired, with a new token: the
    // state is too old.
    base::Result<void> begin(const store::ReadView& view, std::string_view token,
                             facts::Seconds now);

    // Shows the state at a revision that a client names, which is not above the newest one's.
    // kExpired: a cluster's state of that time is not kept, or a cluster came later.
    base::Result<void> begin_at(const store::ReadView& view, model::Revision revision,
                                facts::Seconds now);

    const Fleet& fleet() const { return *fleet_; }
    // The clusters that are listed, in order: those of the fleet that are wanted.
    const std::vector<const FleetCluster*>& clusters() const { return clusters_; }
    // The index in Fleet::clusters of one of them.
    size_t index_in_fleet(size_t cluster) const {
        return static_cast<size_t>(clusters_[cluster] - fleet_->clusters.data());
    }
    // The revision at which the objects of a kind in a cluster are read; nullopt if it has none,
    // for one that came later, and for one that is gone. kExpired, with a token if the listing
    // began with one: its state of that time is gone.
    base::Result<std::optional<model::Revision>> revision_of(
        const store::ReadView& view, const FleetCluster& cluster,
        model::Kind kind = model::Kind::kSnapshot) const;

    // The token that the listing began with, for all that it says about the place.
    const std::optional<FleetToken>& token() const { return token_; }
    // The index of the first cluster that is not before the token's place, and whether it is that
    // place's own.
    struct Start {
        size_t index = 0;
        bool within = false;
    };
    Start start() const;

    // A token for the page after `after`.
    std::string token_after(FleetPlace after, SortKey key, std::optional<uint64_t> remaining) const;

    // The ETag of a page, if nothing but the state, the query and the fleet decides on its content.
    // `more`: what else does.
    std::string etag(std::string_view more) const;

    // Keeps the state of every cluster readable from now on. What cannot be read any more is told
    // when its turn comes.
    HeldHistory hold_history(store::Store& store) const;
    // About how much memory the listing has, with the history that it holds and what a question
    // keeps of each cluster.
    size_t kept_bytes() const { return clusters_.size() * kinds_.size() * kKindBytes; }

    const store::StoreState& state() const { return state_; }
    // The list's resource version.
    std::string version() const;
    facts::Seconds now() const { return now_; }
    const ListContext& context() const { return context_; }

  private:
    // Of one kind in one cluster (bench/neighbours).
    static constexpr size_t kKindBytes = 64;

    base::Result<void> go_on(const store::ReadView& view, std::string_view text);
    // Whether the state may still be shown. Looks at each cluster only if the state itself is older
    // than history: no head of it can have been replaced before it began.
    base::Result<bool> is_kept(const store::ReadView& view) const;
    base::Result<bool> is_kept_of_all(const store::ReadView& view) const;
    base::Error expired() const;

    ListContext context_;
    std::shared_ptr<const Fleet> fleet_;
    std::string query_;
    std::vector<const FleetCluster*> clusters_;
    std::span<const model::Kind> kinds_;
    store::StoreState state_;
    int64_t begun_ms_ = 0;
    facts::Seconds now_ = 0;
    std::optional<FleetToken> token_;
};

}  // namespace snapgate::query
