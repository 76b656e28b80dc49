#include "query/fleet_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace snapgate::query {

using base::Result;

FleetList::FleetList(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                     FleetRequest request)
    : request_(std::move(request)),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters),
      walk_(request_.order ? FleetWalk::Needs::kFacts : FleetWalk::Needs::kObjects),
      limit_(request_.limit) {}

Result<FleetList> FleetList::plan(const ListContext& context, const store::ReadView& view,
                                  std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                  facts::Seconds now) {
    FleetList list(context, std::move(fleet), std::move(request));
    SNAPGATE_TRY(list.listing_.begin(view, list.request_.continue_token, now));
    if (const auto& token = list.listing_.token()) {
        list.remaining_ = token->remaining;
    } else {
        SNAPGATE_TRY(list.count_first(view));
    }
    list.start_walk();
    return list;
}

Result<void> FleetList::count_first(const store::ReadView& view) {
    const SnapshotFilter& filter = request_.filter;
    // With a selector the number is unknown, as in Kubernetes.
    if (!filter.everything() || !filter.vms.empty()) return {};
    const bool whole = filter.namespaces.empty() && filter.clusters.empty();
    const model::Revision revision = listing_.state().revision;
    if (whole) {
        remaining_ = listing_.fleet().count.at(revision);
        if (remaining_) return {};
    }
    uint64_t sum = 0;
    for (const FleetCluster* cluster : listing_.clusters()) {
        if (filter.namespaces.empty()) {
            SNAPGATE_ASSIGN(const uint64_t count,
                            view.count(cluster->number, model::Kind::kSnapshot));
            sum += count;
        }
        for (const std::string& ns : filter.namespaces) {
            SNAPGATE_ASSIGN(const uint64_t count,
                            view.count(cluster->number, model::Kind::kSnapshot, ns));
            sum += count;
        }
    }
    if (whole) listing_.fleet().count.keep(revision, sum);
    remaining_ = sum;
    return {};
}

void FleetList::start_walk() {
    const auto& token = listing_.token();
    if (!token) return;
    const FleetListing::Start start = listing_.start();
    if (request_.order) {
        after_ = After{token->key, start.index, start.within, token->after.key};
        return;
    }
    model::ObjectKey from;
    if (start.within) from = model::just_after(token->after.key.ns, token->after.key.name);
    walk_.start_at(start.index, std::move(from));
}

bool FleetList::before(const Candidate& a, const Candidate& b) const {
    const auto by_key = compare(a.key, b.key, request_.order->descending);
    if (by_key != 0) return by_key < 0;
    return std::tie(a.cluster, a.object) < std::tie(b.cluster, b.object);
}

void FleetList::consider(const FleetRow& row) {
    const SortKeyView key = sort_key(request_.order->field, row.name, row.vm, row.facts);
    const auto place = std::pair(row.ns, row.name);
    const bool descending = request_.order->descending;
    if (after_) {
        const auto by_key = compare(key, after_->key, descending);
        if (by_key < 0) return;
        if (by_key == 0) {
            if (row.cluster < after_->cluster) return;
            if (row.cluster == after_->cluster && after_->within &&
                place <= std::pair<std::string_view, std::string_view>(after_->object.ns,
                                                                       after_->object.name))
                return;
        }
    }
    const auto first = [this](const Candidate& a, const Candidate& b) { return before(a, b); };
    // One more than is shown tells whether there are more.
    if (candidates_.size() > pass_limit()) {
        const Candidate& worst = candidates_.front();
        const auto by_key = compare(key, worst.key, descending);
        // Rows come in the order of the list, so one with an equal key stands behind.
        if (by_key >= 0) return;
        std::ranges::pop_heap(candidates_, first);
        candidates_.pop_back();
    }
    candidates_.push_back({{key.missing, key.number, std::string(key.text)},
                           row.cluster,
                           walk_.revision(),
                           {std::string(place.first), std::string(place.second)}});
    std::ranges::push_heap(candidates_, first);
}

void FleetList::end_collecting() {
    std::ranges::sort(candidates_,
                      [this](const Candidate& a, const Candidate& b) { return before(a, b); });
    more_ = candidates_.size() > pass_limit();
    if (more_) candidates_.pop_back();
    collected_ = true;
}

void FleetList::begin_next_pass() {
    after_ = After{last_key_, last_cluster_, true, last_};
    candidates_.clear();
    collected_ = false;
    more_ = false;
    written_ = 0;
    walk_.start_at(0, {});
}

std::string FleetList::etag() const {
    if (request_.filter.depends_on_clock()) return {};
    return listing_.etag(
        fmt::format("{} {} {}", limit_, request_.kubernetes_form, request_.continue_token));
}

std::string FleetList::continue_token() const {
    if (!more_) return {};
    const FleetCluster& cluster = *listing_.clusters()[last_cluster_];
    return listing_.token_after({cluster.name, cluster.uid, last_}, last_key_, remaining());
}

std::optional<uint64_t> FleetList::remaining() const {
    if (!more_ || !remaining_ || *remaining_ <= items_) return std::nullopt;
    return *remaining_ - items_;
}

}  // namespace snapgate::query
