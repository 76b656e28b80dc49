#include "query/fleet_list.h"

#include <fmt/format.h>

#include <utility>

namespace snapgate::query {

using base::Result;

FleetList::FleetList(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                     FleetRequest request)
    : request_(std::move(request)),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters,
               listed_kinds(request_)),
      walk_(request_.order ? FleetWalk::Needs::kFacts : FleetWalk::Needs::kObjects,
            walked_join(request_), request_.kind),
      limit_(request_.limit),
      first_(limit_, request_.order && request_.order->descending),
      kinds_(query::kinds_of(shown_join(request_))) {}

std::span<const model::Kind> FleetList::listed_kinds(const FleetRequest& request) {
    // Nothing is joined to restores.
    if (request.kind == model::Kind::kRestore) return FleetListing::kRestoresAlone;
    return query::kinds_of(shown_join(request));
}

Join FleetList::shown_join(const FleetRequest& request) {
    if (request.is_flat()) return Join::kAll;
    return walked_join(request);
}

Join FleetList::walked_join(const FleetRequest& request) {
    // A change of a content makes no event, so streams look at the snapshots alone.
    if (request.format == ListFormat::kEvents) return Join::kNothing;
    // A walk of a sorted list shows nothing itself.
    if (request.is_flat() && !request.order) return Join::kAll;
    return request.filter.asks_for_causes() ? Join::kCauses : Join::kNothing;
}

Result<bool> FleetList::make_join(const store::ReadView& view, const Candidate& candidate) {
    if (shown_join(request_) == Join::kNothing) return true;
    size_t budget = FleetKinds::kStepRows;
    SNAPGATE_ASSIGN(const ClusterKinds* const known,
                    kinds_.load(view, listing_, candidate.cluster, budget));
    if (known == nullptr) return false;
    join_.begin(*known, SnapshotJoin::Order::kAny);
    return true;
}

Result<FleetList> FleetList::plan(const ListContext& context, const store::ReadView& view,
                                  std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                  facts::Seconds now) {
    FleetList list(context, std::move(fleet), std::move(request));
    if (list.request_.at) {
        SNAPGATE_TRY(list.listing_.begin_at(view, *list.request_.at, now));
    } else {
        SNAPGATE_TRY(list.listing_.begin(view, list.request_.continue_token, now));
    }
    if (const auto& token = list.listing_.token()) {
        list.page_.left = token->remaining;
    } else {
        SNAPGATE_TRY(list.count_first(view));
    }
    list.start_walk();
    return list;
}

Result<void> FleetList::count_first(const store::ReadView& view) {
    const SnapshotFilter& filter = request_.filter;
    // With a selector the number is unknown, as in Kubernetes.
    if (!filter.everything() || !filter.vms.empty() || request_.nothing) return {};
    // The store counts the newest state.
    if (request_.at) return {};
    const model::Kind kind = request_.kind;
    const bool whole =
        filter.namespaces.empty() && filter.clusters.empty() && kind == model::Kind::kSnapshot;
    const model::Revision revision = listing_.state().revision;
    if (whole) {
        page_.left = listing_.fleet().count.at(revision);
        if (page_.left) return {};
    }
    uint64_t sum = 0;
    for (const FleetCluster* cluster : listing_.clusters()) {
        const model::ClusterNumber number = cluster->number_of(kind);
        if (number == 0) continue;
        SNAPGATE_ASSIGN(const uint64_t count, count_objects(view, number, kind, filter.namespaces));
        sum += count;
    }
    if (whole) listing_.fleet().count.keep(revision, sum);
    page_.left = sum;
    return {};
}

void FleetList::start_walk() {
    if (request_.nothing) {
        walk_.start_at(listing_.clusters().size(), {});
        return;
    }
    const auto& token = listing_.token();
    if (!token) return;
    const FleetListing::Start start = listing_.start();
    if (request_.order) {
        first_.start_after(*token, start);
        return;
    }
    model::ObjectKey from;
    if (start.within) from = model::just_after(token->after.key.ns, token->after.key.name);
    walk_.start_at(start.index, std::move(from));
}

void FleetList::return_to(const Mark& mark) {
    page_.items = mark.items;
    bytes_ = mark.bytes;
    written_ = mark.written;
    last_cluster_ = mark.cluster;
    last_ = mark.last;
    page_.more = request_.order && first_.has_ended() && first_.left() > 0;
    if (request_.order && first_.has_ended()) return;
    if (page_.items > 0) {
        walk_.start_at(last_cluster_, model::just_after(last_.ns, last_.name));
        return;
    }
    walk_.start_at(0, {});
    start_walk();
}

void FleetList::consider(const FleetRow& row) {
    const auto make = [&] {
        return Candidate{
            row.cluster, walk_.revision(), {std::string(row.ns), std::string(row.name)}};
    };
    first_.offer(sort_key(request_.order->field, row.name, row.vm, row.facts),
                 {row.cluster, row.ns, row.name}, make);
}

Result<bool> FleetList::order_clusters(const store::ReadView& view) {
    if (clusters_ordered_) return true;
    const bool useful = is_by_time(*request_.order) && request_.kind == model::Kind::kSnapshot &&
                        request_.filter.vms.empty() && !request_.nothing &&
                        listing_.context().index != nullptr && listing_.clusters().size() > 1;
    if (useful) {
        SNAPGATE_ASSIGN(const bool whole, spans_.step(view, listing_, FleetWalk::kStepRows));
        if (!whole) return false;
        if (spans_.spans() != nullptr)
            walk_.go_over(spans_.clusters_by(listing_, *request_.order, selects_special()));
    }
    clusters_ordered_ = true;
    return true;
}

bool FleetList::are_too_late(const FactsBlock::Spans& spans) const {
    return is_by_time(*request_.order) && first_.ends_before(first_key(spans, *request_.order));
}

bool FleetList::are_too_late_from(size_t cluster) const {
    if (spans_.spans() == nullptr) return false;
    const FleetSpans::OfCluster& known = spans_.spans()->of(listing_.index_in_fleet(cluster));
    return are_too_late(selects_special() ? known.special : known.all);
}

std::string FleetList::etag() const {
    if (request_.filter.depends_on_clock()) return {};
    return listing_.etag(
        fmt::format("{} {} {}", limit_, request_.kubernetes_form, request_.continue_token));
}

std::string FleetList::continue_token() const {
    if (!page_.more) return {};
    const FleetCluster& cluster = *listing_.clusters()[last_cluster_];
    return listing_.token_after({cluster.name, cluster.uid, last_}, last_key_, remaining());
}

}  // namespace snapgate::query
