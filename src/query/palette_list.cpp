#include "query/palette_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Result;

// A merge of many VMs looks at least at this many rows of each, so that it makes progress.
constexpr size_t kLeastRowsOfSource = 64;

// Identifies the listing of a token: the cluster and the filters, but not the limit, which may
// change between pages.
std::string digest_query(std::string_view uid, const ListRequest& request) {
    Fingerprint parts;
    parts.text(uid);
    for (const auto* values : {&request.vms, &request.namespaces}) {
        parts.number(static_cast<uint32_t>(values->size()));
        for (const std::string& value : *values) parts.text(value);
    }
    return parts.digest(Listing::kDigestBytes);
}

// The order of the merge: the source whose object comes first is in front.
constexpr auto kLater = [](const auto* a, const auto* b) {
    const store::Found& left = a->scan->found();
    const store::Found& right = b->scan->found();
    return std::pair(left.ns, left.name) > std::pair(right.ns, right.name);
};

}  // namespace

PaletteList::PaletteList(const ListContext& context, ListedCluster cluster, ListRequest request)
    : request_(std::move(request)),
      listing_(context, cluster, digest_query(cluster.uid, request_), Listing::kDigestBytes) {}

Result<PaletteList> PaletteList::plan(const ListContext& context, const store::ReadView& view,
                                      ListedCluster cluster, ListRequest request) {
    PaletteList page(context, cluster, std::move(request));
    SNAPGATE_TRY(page.listing_.show_newest(view));
    if (page.request_.continue_token.empty()) {
        SNAPGATE_TRY(page.count_items(view));
    } else {
        SNAPGATE_ASSIGN(ContinueToken token,
                        page.listing_.read_token(page.request_.continue_token));
        SNAPGATE_TRY(page.listing_.go_on(view, token));
        page.after_ = std::move(token.after);
        page.remaining_ = token.remaining;
    }
    page.make_sources();
    page.make_etag();
    return page;
}

Result<void> PaletteList::count_items(const store::ReadView& view) {
    // With a filter by VM the number is unknown, as for selectors in Kubernetes.
    if (!request_.vms.empty()) return {};
    const model::ClusterNumber cluster = listing_.cluster();
    if (request_.namespaces.empty()) {
        SNAPGATE_ASSIGN(remaining_, view.count(cluster, model::Kind::kSnapshot));
        return {};
    }
    uint64_t sum = 0;
    for (const std::string& ns : request_.namespaces) {
        SNAPGATE_ASSIGN(uint64_t count, view.count(cluster, model::Kind::kSnapshot, ns));
        sum += count;
    }
    remaining_ = sum;
    return {};
}

void PaletteList::make_sources() {
    model::ObjectKey start;
    if (after_) start = model::just_after(after_->ns, after_->name);
    if (request_.vms.empty()) {
        sources_.push_back({.vm = "", .at = start, .ended = false, .scan = {}});
        return;
    }
    sources_.reserve(request_.vms.size());
    for (const std::string& vm : request_.vms)
        sources_.push_back({.vm = vm, .at = start, .ended = false, .scan = {}});
}

void PaletteList::make_etag() {
    Fingerprint parts;
    parts.text(listing_.context().store.id()).text(listing_.digest());
    parts.number(listing_.cluster()).number(listing_.revision()).number(request_.limit);
    parts.text(request_.continue_token);
    if (request_.kubernetes_form) parts.text("kubernetes");
    etag_ = fmt::format("W/\"{}\"", base::hex(parts.digest(Listing::kDigestBytes)));
}

Result<bool> PaletteList::skip_other_namespaces(Source& source) const {
    const auto& wanted = request_.namespaces;
    while (!wanted.empty()) {
        std::string_view ns = source.scan->found().ns;
        auto next = std::ranges::lower_bound(wanted, ns);
        if (next == wanted.end()) {
            source.ended = true;
            return false;
        }
        if (*next == ns) break;
        SNAPGATE_ASSIGN(bool found, source.scan->seek(*next, ""));
        if (!found) {
            source.ended = !source.scan->exhausted();
            return false;
        }
    }
    return true;
}

Result<bool> PaletteList::settle(Source& source, const store::ReadView& view, size_t budget) {
    const model::Revision at = listing_.revision();
    source.scan.emplace(source.vm.empty()
                            ? view.scan(listing_.cluster(), model::Kind::kSnapshot, at, budget)
                            : view.scan_vm(listing_.cluster(), source.vm, at, budget));
    SNAPGATE_ASSIGN(bool found, source.scan->seek(source.at.ns, source.at.name));
    if (!found) {
        source.ended = !source.scan->exhausted();
        return false;
    }
    return skip_other_namespaces(source);
}

Result<bool> PaletteList::begin_step(const store::ReadView& view) {
    if (begun_) {
        auto readable = listing_.check_readable(view);
        if (!readable && readable.error().code == Code::kExpired)
            return listing_.expired(after_.value_or(model::ObjectKey{}));
        SNAPGATE_TRY(readable);
    }
    begun_ = true;
    paused_ = false;
    merge_.clear();
    merge_.reserve(sources_.size());
    const size_t budget = std::max(kStepRows / sources_.size(), kLeastRowsOfSource);
    for (Source& source : sources_) {
        if (source.ended) continue;
        SNAPGATE_ASSIGN(bool found, settle(source, view, budget));
        if (found) {
            merge_.push_back(&source);
        } else if (!source.ended) {
            paused_ = true;
            return false;
        }
    }
    std::ranges::make_heap(merge_, kLater);
    return !merge_.empty();
}

Result<bool> PaletteList::advance() {
    std::ranges::pop_heap(merge_, kLater);
    Source& source = *merge_.back();
    SNAPGATE_ASSIGN(bool found, source.scan->next());
    if (found) {
        SNAPGATE_ASSIGN(found, skip_other_namespaces(source));
    } else {
        source.ended = !source.scan->exhausted();
    }
    if (found) {
        std::ranges::push_heap(merge_, kLater);
    } else {
        merge_.pop_back();
        paused_ = !source.ended;
    }
    return !paused_ && !merge_.empty();
}

Result<bool> PaletteList::end_step(bool standing, const std::optional<store::Found>& last) {
    if (last) after_ = model::ObjectKey{std::string(last->ns), std::string(last->name)};
    for (Source& source : sources_) {
        if (paused_ && source.scan && !source.ended) {
            if (source.scan->exhausted()) {
                source.at = source.scan->resume_key();
            } else {
                source.at = {std::string(source.scan->found().ns),
                             std::string(source.scan->found().name)};
            }
        }
        source.scan.reset();
    }
    merge_.clear();
    more_ = standing;
    if (!paused_) SNAPGATE_TRY(listing_.check_count(items_, remaining_, more_));
    return !paused_;
}

std::string PaletteList::continue_token() const {
    return more_ ? listing_.token(*after_, remaining()) : std::string();
}

std::optional<uint64_t> PaletteList::remaining() const {
    if (!more_ || !remaining_ || *remaining_ <= items_) return std::nullopt;
    return *remaining_ - items_;
}

}  // namespace snapgate::query
