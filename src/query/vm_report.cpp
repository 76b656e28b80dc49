#include "query/vm_report.h"

#include <algorithm>
#include <utility>

#include "json/object.h"
#include "query/cause_of.h"
#include "query/snapshot_join.h"

namespace snapgate::query {

using base::Result;

namespace {

constexpr model::Kind kKinds[] = {model::Kind::kSnapshot, model::Kind::kVirtualMachine,
                                  model::Kind::kRestore, model::Kind::kContent};

}  // namespace

VmReport::VmReport(const ListContext& context, std::shared_ptr<const Fleet> fleet, FleetAges ages,
                   FleetRequest request)
    : ages_(std::move(ages)),
      request_(std::move(request)),
      listing_(context, std::move(fleet), request_.query, request_.filter.clusters, kKinds),
      first_(request_.limit, request_.vm_order && request_.vm_order->descending),
      vm_kinds_(std::span(kKinds).subspan(1, 2)),
      contents_(std::span(kKinds).subspan(3)) {
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
    if (place.within) ns_ = token->after.key.ns;
    walk_.start_at(place.index,
                   place.within ? model::ObjectKey{token->after.key.ns, ""} : model::ObjectKey());
}

Result<bool> VmReport::step(const store::ReadView& view, std::string& out, size_t full,
                            const Append& append) {
    SNAPGATE_ASSIGN(const bool loaded, vm_kinds_.step(view, listing_));
    if (!loaded) return false;
    if (request_.filter.asks_for_causes()) {
        SNAPGATE_ASSIGN(const bool all, contents_.step(view, listing_));
        if (!all) return false;
    }
    if (!first_.has_ended()) {
        SNAPGATE_ASSIGN(const bool done,
                        walk_.step(
                            view, listing_, walked_,
                            [&](const FleetRow& row) -> Result<store::Step> {
                                SNAPGATE_TRY(add(view, row));
                                return store::Step::kOn;
                            },
                            [&](size_t cluster, const std::shared_ptr<const FactsBlock>& block) {
                                return add_block(view, cluster, *block);
                            }));
        if (!done) return false;
        SNAPGATE_TRY(reach(view, listing_.clusters().size(), {}));
        first_.end_pass();
    }
    for (; written_ < first_.kept().size(); ++written_, ++items_) {
        if (out.size() >= full) {
            if (first_.wants_all()) return false;
            first_.keep(written_);
            return true;
        }
        VmRow& row = first_.kept()[written_].row;
        size_t budget = FleetKinds::kStepRows;
        SNAPGATE_ASSIGN(const ClusterKinds* const known,
                        contents_.load(view, listing_, row.cluster, budget));
        if (known == nullptr) return false;
        if (!request_.filter.asks_for_causes()) {
            SNAPGATE_TRY(read_cause(view, row));
            complete(row);
        }
        append(row, out);
    }
    if (!first_.wants_all() || first_.left() == 0) return true;
    first_.begin_next_pass();
    written_ = 0;
    totals_.reset();
    walk_.start_at(0, {});
    cluster_ = 0;
    ns_.clear();
    entered_ = false;
    return false;
}

Result<void> VmReport::add(const store::ReadView& view, const FleetRow& row) {
    const facts::Facts& facts = row.facts;
    if (row.vm.empty() || facts.of_clone) return {};
    if (!entered_ || row.cluster != cluster_ || row.ns != ns_)
        SNAPGATE_TRY(reach(view, row.cluster, row.ns));
    VmRow& state = vms_.row_of(row.vm, row.vm_id);
    if (state.is_new) look_up(state);
    // A VM of the same name that is gone says nothing of the one that is there.
    if (state.known == VmRow::Known::kItself && facts.source != 0 &&
        facts.source != here_->vms->row(state.index).uid)
        return {};
    ++state.snapshots;
    if (facts.state == facts::State::kFailed && is_recent(facts.created)) ++state.failed;
    // The walk goes by name, so of equal times the last name stays.
    if (state.snapshots == 1 || facts.created >= state.last_attempt.at) {
        state.last_attempt.name = row.name;
        state.last_attempt.state = facts.state;
        state.last_attempt.at = facts.created;
        state.last_attempt.cause_class = facts.cause_class;
        state.last_attempt.lacks_cause = facts.lacks_cause();
        state.last_attempt.content = facts.content;
        state.revision = walk_.revision();
    }
    const bool enough = !request_.application_only ||
                        facts.consistency == facts::Consistency::kApplication ||
                        facts.consistency == facts::Consistency::kOffline;
    if (facts.good() && enough && (!state.last_good || facts.taken >= state.last_good->at))
        state.last_good = {std::string(row.name), facts.taken, facts.consistency, facts.content};
    return {};
}

Result<void> VmReport::read_cause(const store::ReadView& view, VmRow& row) const {
    if (row.last_attempt.cause_class.empty()) return {};
    SNAPGATE_ASSIGN(row.last_attempt.cause,
                    cause_of(view, listing_.clusters()[row.cluster]->number,
                             {row.ns, row.last_attempt.name}, row.revision));
    return {};
}

void VmReport::complete(VmRow& row) const {
    const ContentBlock* contents = contents_.of(row.cluster).contents.get();
    if (contents == nullptr) return;
    if (row.last_good) {
        const auto content = contents->find(row.last_good->content, row.ns, row.last_good->name);
        if (content) row.bytes = content->bytes;
    }
    VmRow::Attempt& attempt = row.last_attempt;
    if (!attempt.lacks_cause) return;
    facts::Cause cause = cause_of_content(contents, attempt.content, row.ns, attempt.name, row.vm);
    if (cause.sentence.empty()) return;
    attempt.cause = std::move(cause.sentence);
    attempt.cause_class = std::move(cause.cause_class);
}

Result<void> VmReport::reach(const store::ReadView& view, size_t cluster, std::string_view ns) {
    if (entered_) {
        SNAPGATE_TRY(leave_namespace(view));
    } else if (cluster_ < listing_.clusters().size()) {
        enter_cluster();
    }
    // Namespaces, and whole clusters, without any snapshot.
    while (cluster_ < listing_.clusters().size()) {
        const bool more = here_->vms && next_ < here_->vms->rows();
        if (more && (cluster_ < cluster || here_->vms->row(next_).ns < ns)) {
            ns_ = here_->vms->row(next_).ns;
            SNAPGATE_TRY(leave_namespace(view));
        } else if (cluster_ < cluster) {
            ++cluster_;
            ns_.clear();
            enter_cluster();
        } else {
            break;
        }
    }
    ns_ = ns;
    return {};
}

void VmReport::enter_cluster() {
    static const ClusterKinds nothing;
    entered_ = true;
    here_ = cluster_ < listing_.clusters().size() ? &vm_kinds_.of(cluster_) : &nothing;
    next_ = 0;
    if (!here_->vms) return;
    named_.assign(here_->vms->rows(), false);
    by_labels_.assign(here_->vms->label_sets(), Selected::kUnknown);
    next_ = here_->vms->lower_bound(ns_, {});
}

void VmReport::look_up(VmRow& row) {
    row.is_new = false;
    if (!here_->vms_followed) return;
    const size_t index = here_->vms->lower_bound(ns_, row.vm);
    const bool found = index < here_->vms->rows() && here_->vms->row(index).ns == ns_ &&
                       here_->vms->row(index).name == row.vm;
    row.known = VmRow::Known::kGone;
    if (!found) return;
    named_[index] = true;
    is_known_as(index, row);
    row.status = here_->vms->row(index).status;
}

void VmReport::is_known_as(size_t index, VmRow& row) const {
    row.known = VmRow::Known::kItself;
    row.index = index;
    row.ignored = here_->vms->row(index).ignored;
}

void VmReport::add_the_others() {
    if (!here_->vms) return;
    for (; next_ < here_->vms->rows() && here_->vms->row(next_).ns == ns_; ++next_) {
        if (named_[next_]) continue;
        const VmBlock::Row vm = here_->vms->row(next_);
        const auto& wanted = request_.filter;
        if (!wanted.vms.empty() && !std::ranges::binary_search(wanted.vms, vm.name)) continue;
        if (!wanted.namespaces.empty() && !std::ranges::binary_search(wanted.namespaces, vm.ns))
            continue;
        look_up(vms_.add_row(vm.name));
    }
}

Result<bool> VmReport::is_wanted(const VmRow& row) {
    if (row.ignored && !request_.ignored) return false;
    if (row.known == VmRow::Known::kGone && !request_.gone) return false;
    if (request_.filter.labels.everything()) return true;
    // A VM of which only snapshots are known has no labels.
    if (row.known != VmRow::Known::kItself) {
        if (!without_labels_) without_labels_ = request_.filter.labels.matches({}, {}, {}, {});
        return *without_labels_;
    }
    const VmBlock::Row vm = here_->vms->row(row.index);
    Selected& selected = by_labels_[vm.labels_id];
    if (selected == Selected::kUnknown) {
        rows_of_labels_ += Listing::rows_of(request_.filter.labels);
        SNAPGATE_ASSIGN(const Labels labels, json::read_labels(vm.labels));
        selected =
            request_.filter.labels.matches({}, {}, labels, {}) ? Selected::kYes : Selected::kNo;
    }
    return selected == Selected::kYes;
}

Result<void> VmReport::leave_namespace(const store::ReadView& view) {
    add_the_others();
    for (size_t i = 0; i < vms_.size(); ++i) {
        VmRow& row = vms_.rows()[i];
        row.cluster = cluster_;
        row.ns = ns_;
        SNAPGATE_TRY(take(view, row, [](VmRow&) {}));
    }
    vms_.clear();
    return {};
}

template <class Fill>
Result<void> VmReport::take(const store::ReadView& view, VmRow& row, const Fill& fill) {
    judge(row);
    SNAPGATE_ASSIGN(const bool wanted, is_wanted(row));
    if (!wanted) return {};
    if (!contains_ignoring_case(row.vm, request_.filter.name)) return {};
    bool filled = false;
    const auto complete_texts = [&] {
        if (filled) return;
        filled = true;
        fill(row);
        const auto* restore =
            here_->restores ? here_->restores->newest_of(row.ns, row.vm) : nullptr;
        if (restore != nullptr) row.last_restore = {restore->name, restore->snapshot, restore->at};
    };
    if (request_.filter.asks_for_causes()) {
        complete_texts();
        SNAPGATE_TRY(read_cause(view, row));
        complete(row);
        if (!contains_ignoring_case(row.last_attempt.cause, request_.filter.cause)) return {};
        const std::string& cause_class = request_.filter.cause_class;
        if (!cause_class.empty() && row.last_attempt.cause_class != cause_class) return {};
    }
    if (judged_) {
        complete_texts();
        judged_(row);
    }
    if (totals_) ++totals_->by_verdict.at(static_cast<size_t>(row.verdict));
    if (!request_.verdicts.contains(row.verdict)) return {};
    first_.offer(key_of(row), place_of(row), [&] {
        complete_texts();
        return row;
    });
    return {};
}

Result<size_t> VmReport::add_block(const store::ReadView& view, size_t cluster,
                                   const FactsBlock& block) {
    SNAPGATE_TRY(reach(view, cluster, {}));
    const std::span<const VmTally> tallies = block.tallies();
    const VmBlock* const vms = here_->vms.get();
    const size_t known = vms != nullptr ? vms->rows() : 0;
    VmRow& row = counted_;
    size_t t = 0;
    // Both are in the order of namespaces and names.
    while (t < tallies.size() || next_ < known) {
        const VmTally* tally = t < tallies.size() ? &tallies[t] : nullptr;
        std::optional<size_t> vm;
        ListPlace place;
        if (tally != nullptr) place = {block.namespace_of(*tally), block.vm_of(*tally)};
        if (next_ < known) {
            const ListPlace of_vm = vms->place(next_);
            const bool is_first = tally == nullptr || of_vm < place;
            if (is_first || of_vm == place) vm = next_++;
            if (is_first) {
                place = of_vm;
                tally = nullptr;
            }
        }
        if (tally != nullptr) ++t;
        row.cluster = cluster;
        if (row.ns != place.first) row.ns = place.first;
        row.vm = place.second;
        count(block, tally, vm, row);
        SNAPGATE_TRY(take(view, row, [&](VmRow& it) {
            if (it.known == VmRow::Known::kItself) it.status = vms->row(it.index).status;
            if (it.last_good) it.last_good->name = block.place(it.good_row).second;
            if (it.snapshots == 0) return;
            const FactsBlock::Row last = block.row(it.attempt_row);
            it.last_attempt.name = last.name;
            it.last_attempt.cause_class = last.facts.cause_class;
            it.last_attempt.lacks_cause = last.facts.lacks_cause();
            it.last_attempt.content = last.facts.content;
        }));
    }
    return tallies.size() + known + 1 +
           std::exchange(rows_of_labels_, 0) * FleetWalk::kBlockRowsOfOne;
}

void VmReport::count(const FactsBlock& block, const VmTally* tally, std::optional<size_t> vm,
                     VmRow& row) {
    row.forget_snapshots();
    row.revision = walk_.revision();
    std::optional<facts::UidHash> uid;
    if (here_->vms_followed && vm) {
        is_known_as(*vm, row);
        uid = here_->vms->row(*vm).uid;
    } else if (here_->vms_followed) {
        row.known = VmRow::Known::kGone;
    }
    if (tally == nullptr) return;
    // A VM of the same name that is gone says nothing of the one that is there.
    VmTally of_one;
    if (uid && !tally->is_of(*uid)) {
        of_one = block.tally_of(*tally, *uid);
        tally = &of_one;
    }
    row.snapshots = tally->snapshots;
    if (row.snapshots == 0) return;
    const facts::Seconds now = listing_.now();
    const facts::Seconds since = now > request_.max_age ? now - request_.max_age : 1;
    row.failed = block.failed_since(*tally, since, uid);
    const VmTally::Good& good =
        request_.application_only ? tally->good_for_applications : tally->good;
    if (good) {
        const facts::Facts facts = block.facts_without_texts(good.row);
        row.good_row = good.row;
        row.last_good = {{}, facts.taken, facts.consistency, facts.content};
    }
    row.attempt_row = tally->attempt_row;
    row.last_attempt.state = tally->attempt_state;
    row.last_attempt.at = tally->attempted;
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
