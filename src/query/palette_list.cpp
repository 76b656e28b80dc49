#include "query/palette_list.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Result;

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
    page.start_walk();
    page.make_etag();
    return page;
}

void PaletteList::start_walk() {
    model::ObjectKey from;
    if (after_) from = model::just_after(after_->ns, after_->name);
    walk_.emplace(listing_.cluster(), model::Kind::kSnapshot, listing_.revision(), request_.vms,
                  request_.namespaces, from);
}

void PaletteList::return_to(const Mark& mark) {
    after_ = mark.after;
    items_ = mark.items;
    bytes_ = mark.bytes;
    more_ = false;
    start_walk();
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

void PaletteList::make_etag() {
    Fingerprint parts;
    const store::Store& store = listing_.context().store;
    parts.text(store.truth_id()).text(listing_.digest()).number(listing_.cluster());
    // Other replicas know the state by its version alone.
    if (store.replicates()) {
        parts.text(listing_.version());
    } else {
        parts.number(listing_.revision());
    }
    parts.number(request_.limit);
    parts.text(request_.continue_token);
    if (request_.kubernetes_form) parts.text("kubernetes");
    etag_ = fmt::format("W/\"{}\"", base::hex(parts.digest(Listing::kDigestBytes)));
}

Result<void> PaletteList::check_readable(const store::ReadView& view) const {
    if (!begun_) return {};
    auto readable = listing_.check_readable(view);
    if (!readable && readable.error().code == Code::kExpired)
        return listing_.expired(after_.value_or(model::ObjectKey{}));
    return readable;
}

Result<bool> PaletteList::end_step(bool standing, const std::optional<store::Found>& last) {
    if (last) after_ = model::ObjectKey{std::string(last->ns), std::string(last->name)};
    walk_->end();
    more_ = standing;
    if (!walk_->paused()) SNAPGATE_TRY(listing_.check_count(items_, remaining_, more_));
    return !walk_->paused();
}

std::string PaletteList::continue_token() const {
    return more_ ? listing_.token(*after_, remaining()) : std::string();
}

std::optional<uint64_t> PaletteList::remaining() const {
    if (!more_ || !remaining_ || *remaining_ <= items_) return std::nullopt;
    return *remaining_ - items_;
}

}  // namespace snapgate::query
