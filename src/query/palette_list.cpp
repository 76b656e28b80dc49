#include "query/palette_list.h"

#include <utility>

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
        page.page_.left = token.remaining;
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
    page_.items = mark.items;
    page_.more = false;
    bytes_ = mark.bytes;
    start_walk();
}

Result<void> PaletteList::count_items(const store::ReadView& view) {
    // With a filter by VM the number is unknown, as for selectors in Kubernetes.
    if (!request_.vms.empty()) return {};
    SNAPGATE_ASSIGN(page_.left, count_objects(view, listing_.cluster(), model::Kind::kSnapshot,
                                              request_.namespaces));
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
    etag_ = parts.etag();
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
    page_.more = standing;
    if (!walk_->paused()) SNAPGATE_TRY(listing_.check_count(page_));
    return !walk_->paused();
}

std::string PaletteList::continue_token() const {
    return page_.more ? listing_.token(*after_, remaining()) : std::string();
}

}  // namespace snapgate::query
