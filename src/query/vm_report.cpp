#include "query/vm_report.h"

#include <utility>

#include "query/cause_of.h"

namespace snapgate::query {

using base::Result;

VmReport::VmReport(const ListContext& context, std::shared_ptr<const Fleet> fleet, FleetAges ages,
                   FleetRequest request)
    : ages_(std::move(ages)),
      request_(std::move(request)),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters),
      first_(request_.limit, request_.vm_order && request_.vm_order->descending) {
    walked_.vms = request_.filter.vms;
    walked_.namespaces = request_.filter.namespaces;
}

Result<VmReport> VmReport::plan(const ListContext& context, const store::ReadView& view,
                                std::shared_ptr<const Fleet> fleet, FleetAges ages,
                                FleetRequest request, facts::Seconds now) {
    VmReport report(context, std::move(fleet), std::move(ages), std::move(request));
    SNAPGATE_TRY(report.listing_.begin(view, report.request_.continue_token, now));
    report.start();
    return report;
}

void VmReport::start() {
    const auto& token = listing_.token();
    if (!token) {
        totals_ = Totals();
        return;
    }
    const FleetListing::Start place = listing_.start();
    first_.start_after(*token, place);
    if (request_.vm_order) return;
    // In the order of the fleet nothing before that namespace can be listed.
    cluster_ = place.index;
    walk_.start_at(place.index,
                   place.within ? model::ObjectKey{token->after.key.ns, ""} : model::ObjectKey());
}

Result<bool> VmReport::step(const store::ReadView& view, std::string& out, size_t full,
                            const Append& append) {
    if (!first_.has_ended()) {
        SNAPGATE_ASSIGN(
            const bool done,
            walk_.step(view, listing_, walked_, [&](const FleetRow& row) -> Result<store::Step> {
                SNAPGATE_TRY(add(view, row));
                return store::Step::kOn;
            }));
        if (!done) return false;
        SNAPGATE_TRY(leave_namespace(view));
        first_.end_pass();
    }
    for (; written_ < first_.kept().size(); ++written_, ++items_) {
        if (first_.wants_all() && out.size() >= full) return false;
        VmRow& row = first_.kept()[written_].row;
        if (request_.filter.cause.empty()) SNAPGATE_TRY(read_cause(view, row));
        append(row, out);
    }
    if (!first_.wants_all() || first_.left() == 0) return true;
    first_.begin_next_pass();
    written_ = 0;
    totals_.reset();
    walk_.start_at(0, {});
    return false;
}

Result<void> VmReport::add(const store::ReadView& view, const FleetRow& row) {
    const facts::Facts& facts = row.facts;
    if (row.vm.empty() || facts.of_clone) return {};
    if (row.cluster != cluster_ || row.ns != ns_) {
        SNAPGATE_TRY(leave_namespace(view));
        cluster_ = row.cluster;
        ns_ = row.ns;
    }
    VmRow& state = vms_.row_of(row.vm, row.vm_id);
    ++state.snapshots;
    if (facts.state == facts::State::kFailed && is_recent(facts.created)) ++state.failed;
    // The walk goes by name, so of equal times the last name stays.
    if (state.snapshots == 1 || facts.created >= state.last_attempt.at) {
        state.last_attempt.name = row.name;
        state.last_attempt.state = facts.state;
        state.last_attempt.at = facts.created;
        state.last_attempt.cause_class = facts.cause_class;
        state.revision = walk_.revision();
    }
    const bool enough = !request_.application_only ||
                        facts.consistency == facts::Consistency::kApplication ||
                        facts.consistency == facts::Consistency::kOffline;
    if (facts.good() && enough && (!state.last_good || facts.taken >= state.last_good->at))
        state.last_good = {std::string(row.name), facts.taken, facts.consistency};
    return {};
}

Result<void> VmReport::read_cause(const store::ReadView& view, VmRow& row) const {
    if (row.last_attempt.cause_class.empty()) return {};
    SNAPGATE_ASSIGN(row.last_attempt.cause,
                    cause_of(view, listing_.clusters()[row.cluster]->number,
                             {row.ns, row.last_attempt.name}, row.revision));
    return {};
}

Result<void> VmReport::leave_namespace(const store::ReadView& view) {
    for (size_t i = 0; i < vms_.size(); ++i) {
        VmRow& state = vms_.rows()[i];
        state.cluster = cluster_;
        state.ns = ns_;
        judge(state);
        if (!request_.filter.cause.empty()) SNAPGATE_TRY(read_cause(view, state));
        if (!contains_ignoring_case(state.last_attempt.cause, request_.filter.cause)) continue;
        if (totals_) ++totals_->by_verdict.at(static_cast<size_t>(state.verdict));
        if (request_.verdicts.contains(state.verdict))
            first_.offer(key_of(state), place_of(state), [&] { return state; });
    }
    vms_.clear();
    return {};
}

bool VmReport::is_recent(facts::Seconds time) const {
    const facts::Seconds now = listing_.now();
    return time != 0 && (time >= now || now - time <= request_.max_age);
}

void VmReport::judge(VmRow& row) const {
    row.as_of = as_of(row.cluster);
    if (!is_recent(row.as_of)) {
        row.verdict = Verdict::kUnknown;
    } else if (row.last_good && is_recent(row.last_good->at)) {
        row.verdict = Verdict::kProtected;
    } else if (row.last_attempt.state == facts::State::kFailed) {
        row.verdict = Verdict::kFailing;
    } else {
        row.verdict = row.last_good ? Verdict::kLate : Verdict::kNever;
    }
}

facts::Seconds VmReport::as_of(size_t cluster) const {
    const ClusterAge& age = ages_[listing_.index_in_fleet(cluster)];
    // A later page shows the state of the first one. Of a cluster that was away then and is known
    // now, nobody knows any more how old that state was.
    const facts::Seconds now = listing_.now();
    return age.as_of > now && age.since > now ? 0 : age.as_of;
}

SortKeyView VmReport::key_of(const VmRow& row) const {
    if (!request_.vm_order) return {};
    switch (request_.vm_order->field) {
        case VmSortField::kAge:
            // The older, the larger: the time is turned round, so that it does not depend on now.
            if (!row.last_good || row.last_good->at == 0) return {true, 0, {}};
            return {false, UINT32_MAX - uint64_t{row.last_good->at}, {}};
        case VmSortField::kFailed:
            return {false, row.failed, {}};
        case VmSortField::kSnapshots:
            return {false, row.snapshots, {}};
        case VmSortField::kVm:
            return {false, 0, row.vm};
    }
    return {};
}

std::string VmReport::continue_token() const {
    if (first_.left() == 0 || first_.kept().empty()) return {};
    const auto& [key, row] = first_.kept().back();
    const FleetCluster& cluster = *listing_.clusters()[row.cluster];
    return listing_.token_after({cluster.name, cluster.uid, {row.ns, row.vm}}, key, remaining());
}

std::optional<uint64_t> VmReport::remaining() const {
    if (first_.left() == 0) return std::nullopt;
    return first_.left();
}

}  // namespace snapgate::query
