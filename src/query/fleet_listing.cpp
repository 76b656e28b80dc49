#include "query/fleet_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "query/fingerprint.h"

namespace snapgate::query {

using base::Code;
using base::Error;
using base::Result;

namespace {

// Whether the cluster's part of a state of the store may still be shown.
Result<bool> is_kept_of(const store::Store& store, const store::ReadView& view,
                        const FleetCluster& cluster, model::Kind kind,
                        const store::StoreState& state) {
    const model::ClusterNumber number = cluster.number_of(kind);
    if (number == 0 || number >= state.next_cluster) return true;
    const auto head = view.head_at(number, state.revision);
    if (!head && head.error().code == Code::kExpired) return false;
    SNAPGATE_TRY(head);
    if (!*head) return true;
    return is_kept(store, view, number, **head);
}

}  // namespace

Result<bool> is_kept(const store::Store& store, const store::ReadView& view, const Fleet& fleet,
                     const store::StoreState& state) {
    for (const FleetCluster& cluster : fleet.clusters) {
        SNAPGATE_ASSIGN(const bool kept,
                        is_kept_of(store, view, cluster, model::Kind::kSnapshot, state));
        if (!kept) return false;
    }
    return true;
}

bool is_wanted_cluster(const std::vector<std::string>& wanted, std::string_view name,
                       std::string_view uid) {
    return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& text) {
               return text == name || text == uid;
           });
}

FleetListing::FleetListing(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                           std::string query, const std::vector<std::string>& clusters,
                           std::span<const model::Kind> kinds)
    : context_(context), fleet_(std::move(fleet)), query_(std::move(query)), kinds_(kinds) {
    clusters_.reserve(fleet_->clusters.size());
    for (const FleetCluster& cluster : fleet_->clusters) {
        if (is_wanted_cluster(clusters, cluster.name, cluster.uid)) clusters_.push_back(&cluster);
    }
}

Result<void> FleetListing::begin(const store::ReadView& view, std::string_view token,
                                 facts::Seconds now) {
    SNAPGATE_ASSIGN(state_, view.newest_state());
    begun_ms_ = context_.store.history_time_ms();
    now_ = now;
    if (token.empty()) return {};
    return go_on(view, token);
}

Result<void> FleetListing::begin_at(const store::ReadView& view, model::Revision revision,
                                    facts::Seconds now) {
    SNAPGATE_ASSIGN(state_, view.newest_state());
    // When it was the newest state is not known: every page looks at each cluster.
    begun_ms_ = 0;
    now_ = now;
    if (revision == state_.revision) return {};
    state_.revision = revision;
    SNAPGATE_ASSIGN(const bool kept, is_kept_of_all(view));
    if (kept) return {};
    return context_.words.expired_state();
}

Result<void> FleetListing::go_on(const store::ReadView& view, std::string_view text) {
    token_ = unseal_fleet_token(context_.signer, text);
    if (!token_) return context_.words.broken(text);
    if (token_->query != query_) return context_.words.foreign();
    // The way on after an expiry names no state, so it is good on every server of one truth.
    if (token_->state.revision == 0 && context_.store.replicates()) return {};
    // Revisions of another store mean nothing here.
    if (token_->store_id != context_.store.id() || token_->state.revision > state_.revision)
        return expired();
    if (token_->state.revision == 0) return {};
    state_ = token_->state;
    begun_ms_ = token_->begun_ms;
    now_ = token_->now;
    SNAPGATE_ASSIGN(const bool kept, is_kept(view));
    if (!kept) return expired();
    return {};
}

Result<bool> FleetListing::is_kept(const store::ReadView& view) const {
    if (context_.store.history_time_ms() - begun_ms_ <= context_.store.history().count())
        return true;
    return is_kept_of_all(view);
}

Result<bool> FleetListing::is_kept_of_all(const store::ReadView& view) const {
    for (const FleetCluster* cluster : clusters_) {
        for (const model::Kind kind : kinds_) {
            SNAPGATE_ASSIGN(const bool kept,
                            is_kept_of(context_.store, view, *cluster, kind, state_));
            if (!kept) return false;
        }
    }
    return true;
}

Result<std::optional<model::Revision>> FleetListing::revision_of(const store::ReadView& view,
                                                                 const FleetCluster& cluster,
                                                                 model::Kind kind) const {
    const model::ClusterNumber number = cluster.number_of(kind);
    if (number == 0 || number >= state_.next_cluster) return std::optional<model::Revision>();
    auto head = view.head_at(number, state_.revision);
    if (!head && head.error().code == Code::kExpired) return expired();
    return head;
}

FleetListing::Start FleetListing::start() const {
    if (!token_) return {};
    const auto place = std::tie(token_->after.cluster_name, token_->after.cluster_uid);
    const auto first = std::ranges::lower_bound(
        clusters_, place, {}, [](const FleetCluster* c) { return std::tie(c->name, c->uid); });
    const bool within =
        first != clusters_.end() && std::tie((*first)->name, (*first)->uid) == place;
    return {static_cast<size_t>(first - clusters_.begin()), within};
}

std::string FleetListing::token_after(FleetPlace after, SortKey key,
                                      std::optional<uint64_t> remaining) const {
    return seal(context_.signer, {context_.store.id(), query_, state_, begun_ms_, now_, remaining,
                                  std::move(after), std::move(key)});
}

Error FleetListing::expired() const {
    if (!token_) return context_.words.expired({});
    FleetToken again = *token_;
    again.store_id = context_.store.id();
    again.state = {};
    again.begun_ms = 0;
    again.remaining.reset();
    return context_.words.expired(seal(context_.signer, again));
}

HeldHistory FleetListing::hold_history(store::Store& store) const {
    const store::ReadView view = store.read();
    std::vector<store::HeldState> states;
    states.reserve(clusters_.size() * kinds_.size());
    for (const FleetCluster* cluster : clusters_) {
        for (const model::Kind kind : kinds_) {
            if (const auto at = revision_of(view, *cluster, kind); at && *at)
                states.push_back({cluster->number_of(kind), **at});
        }
    }
    return store.hold_history(std::move(states));
}

std::string FleetListing::version() const {
    return fmt::format_int(state_.revision).str();
}

std::string FleetListing::etag(std::string_view more) const {
    Fingerprint parts("fleet page");
    parts.text(context_.store.id()).text(query_).text(fleet_->digest).text(more);
    parts.number(state_.revision).number(state_.next_cluster);
    return parts.etag();
}

}  // namespace snapgate::query
