#include "query/kube_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "model/names.h"
#include "model/version_order.h"

namespace snapgate::query {
namespace {

using base::Error;
using base::Result;
using store::Step;

// The part of the digest that a token is bound to.
constexpr size_t kBoundBytes = Listing::kDigestBytes / 2;
// The most changes that are read to tell how many objects remain; beyond that the list does not
// say.
constexpr size_t kMaxCounted = 20'000;
// Appended to a namespace, gives a text after it and before every other namespace, as no name has
// so small a byte.
constexpr char kAfter = '\x01';
// The most characters of a namespace.
constexpr size_t kMostOfPlace = 63;

// First the part that a token is bound to, then the rest of the listing's identity: with another
// namespace or selector a token still goes on, but its count of the remaining objects does not
// hold.
std::string digest_list(std::string_view uid, const KubeListRequest& request) {
    Fingerprint bound("a list of Kubernetes objects");
    bound.text(uid).number(static_cast<uint8_t>(request.kind));
    Fingerprint rest;
    rest.text(request.ns).text(request.selector_text);
    return bound.digest(kBoundBytes) + rest.digest(Listing::kDigestBytes - kBoundBytes);
}

}  // namespace

bool KubeListRequest::exact() const {
    // For older clients a version with a limit and without a match means exactly that version.
    return match == Match::kExact || (match == Match::kUnset && limit > 0);
}

bool KubeListRequest::nothing() const {
    return !model::may_be_namespace(ns) || selector.nothing();
}

std::optional<std::string> KubeListRequest::only_namespace() const {
    // Namespaces themselves are in no namespace.
    if (!ns.empty() || kind == model::Kind::kNamespace) return ns;
    return selector.only_namespace();
}

KubeList::KubeList(const ListContext& context, ListedCluster cluster, KubeListRequest request)
    : request_(std::move(request)),
      listing_(context, cluster, digest_list(cluster.uid, request_), kBoundBytes),
      one_ns_(request_.only_namespace()),
      one_name_(request_.selector.only_name()) {}

Result<KubeList> KubeList::plan(const ListContext& context, const store::ReadView& view,
                                ListedCluster cluster, KubeListRequest request) {
    KubeList list(context, cluster, std::move(request));
    SNAPGATE_TRY(list.listing_.show_newest(view));
    if (list.request_.continue_token.empty()) {
        SNAPGATE_TRY(list.begin(view));
    } else {
        SNAPGATE_TRY(list.resume(view));
    }
    if (list.one_ns_) list.at_.ns = *list.one_ns_;
    if (list.one_ns_ && list.one_name_) list.at_.name = std::max(list.at_.name, *list.one_name_);
    return list;
}

Result<void> KubeList::begin(const store::ReadView& view) {
    const model::Revision newest = listing_.revision();
    if (request_.version == 0) request_.limit = 0;
    if (!request_.mirror_version.empty()) {
        SNAPGATE_TRY(begin_at_mirrored(view));
    } else if (request_.version.value_or(0) > 0) {
        SNAPGATE_TRY(begin_at_version(view));
    }
    return count_first(view, newest);
}

Error KubeList::version_ahead(std::string_view version) const {
    return listing_.context().words.version_ahead(version, listing_.version());
}

Result<void> KubeList::begin_at_version(const store::ReadView& view) {
    const model::Revision version = *request_.version;
    std::string text = fmt::format_int(version).str();
    if (version > listing_.revision()) return version_ahead(text);
    if (!request_.exact() || version == listing_.revision()) return {};
    return listing_.show(view, version, std::move(text));
}

Result<void> KubeList::begin_at_mirrored(const store::ReadView& view) {
    const std::string& version = request_.mirror_version;
    if (version == listing_.version()) return {};
    SNAPGATE_ASSIGN(const auto known, view.revision_of(listing_.cluster(), version));
    if (known && !request_.exact()) return {};
    if (known) return listing_.show(view, *known, version);
    switch (model::compare_versions(version, listing_.version())) {
        case model::VersionOrder::kNewer:
            return version_ahead(version);
        case model::VersionOrder::kNotNewer:
            if (!request_.exact()) return {};
            break;
        case model::VersionOrder::kUnknown:
            break;
    }
    return listing_.context().words.expired_state();
}

Result<void> KubeList::resume(const store::ReadView& view) {
    SNAPGATE_ASSIGN(const ContinueToken token, listing_.read_token(request_.continue_token));
    if (request_.version.value_or(0) != 0 || !request_.mirror_version.empty())
        return listing_.context().words.with_version();
    at_ = place_after(token.after);
    SNAPGATE_TRY(listing_.go_on(view, token));
    const bool same_listing = token.revision != 0 && token.query == listing_.digest();
    if (!same_listing) return count_rest(view);
    page_.left = token.remaining;
    return {};
}

model::ObjectKey KubeList::place_after(const model::ObjectKey& after) const {
    // A token of one namespace's list has a name; a token of all namespaces has both.
    // kube-apiserver accepts each in the other kind of list, too: it goes on after the text
    // "namespace/name" or "name" in the order of the other kind's texts. No name has a slash, so
    // there the list goes on after the part before the slash.
    if (one_ns_) {
        if (after.ns.empty()) return model::just_after(*one_ns_, after.name);
        if (request_.ns.empty() && after.ns != *one_ns_) {
            // A list of all namespaces, of which the selector selects only one.
            return {*one_ns_, after.ns < *one_ns_ ? std::string() : std::string(1, '\x7f')};
        }
        if (request_.ns.empty()) return model::just_after(*one_ns_, after.name);
        return {*one_ns_, after.ns + '/'};
    }
    // The name stands for a namespace here, and may be longer than any namespace.
    if (after.ns.empty() && !model::may_be_namespace(after.name))
        return {after.name.substr(0, kMostOfPlace) + kAfter, {}};
    if (after.ns.empty()) return {after.name, {}};
    return model::just_after(after.ns, after.name);
}

Result<void> KubeList::count_first(const store::ReadView& view, model::Revision newest) {
    if (!request_.selector.everything() || request_.nothing()) return {};
    const model::ClusterNumber cluster = listing_.cluster();
    std::span<const std::string> namespaces;
    if (!request_.ns.empty()) namespaces = std::span(&request_.ns, 1);
    SNAPGATE_ASSIGN(uint64_t count, count_objects(view, cluster, request_.kind, namespaces));
    if (listing_.revision() != newest) {
        // The count is that of the head, so objects that were created or deleted since then are
        // subtracted or added.
        SNAPGATE_ASSIGN(const auto changes,
                        view.log(cluster, listing_.revision(), newest, kMaxCounted));
        if (changes.size() == kMaxCounted) return {};
        for (const store::LogEntry& change : changes) {
            if (change.kind != request_.kind) continue;
            if (!request_.ns.empty() && change.key.ns != request_.ns) continue;
            if (change.op == store::LogEntry::Op::kCreated) --count;
            if (change.op == store::LogEntry::Op::kDeleted) ++count;
        }
    }
    page_.left = count;
    return {};
}

Result<void> KubeList::count_rest(const store::ReadView& view) {
    if (!request_.selector.everything() || request_.limit == 0 || request_.nothing()) return {};
    model::ObjectKey from = at_;
    uint64_t count = 0;
    const auto visit = [&](const store::Found& object) -> Result<Step> {
        if (one_ns_ && object.ns != *one_ns_) return Step::kEnd;
        ++count;
        return Step::kOn;
    };
    auto scan = view.scan(listing_.cluster(), request_.kind, listing_.revision(), kMaxCounted);
    SNAPGATE_ASSIGN(const bool too_many, store::walk(std::move(scan), from, visit));
    if (!too_many) page_.left = count;
    return {};
}

Step KubeList::place(const store::Found& object) {
    if (one_ns_ && object.ns != *one_ns_) return Step::kEnd;
    if (!one_name_ || object.name == *one_name_) return Step::kOn;
    if (one_ns_) return Step::kEnd;
    // The next object of that name is in this namespace or in a later one.
    if (object.name < *one_name_) {
        at_ = {std::string(object.ns), *one_name_};
    } else {
        at_ = {std::string(object.ns) + kAfter, {}};
    }
    return Step::kSeek;
}

Result<bool> KubeList::step(const store::ReadView& view, std::string& out, size_t full,
                            const Item& item) {
    if (begun_) {
        SNAPGATE_TRY(listing_.check_readable(view));
    }
    begun_ = true;
    if (request_.nothing()) return true;
    const auto visit = [&](const store::Found& object) -> Result<Step> {
        if (const Step placed = place(object); placed != Step::kOn) return placed;
        if (request_.limit > 0 && page_.items == request_.limit) {
            page_.more = true;
            return Step::kEnd;
        }
        if (out.size() >= full) return Step::kPause;
        SNAPGATE_ASSIGN(const bool selected, request_.selector.selects(object));
        if (!selected) return Step::kOn;
        SNAPGATE_TRY(item(object, out));
        ++page_.items;
        if (page_.items == request_.limit)
            last_ = {std::string(object.ns), std::string(object.name)};
        return Step::kOn;
    };
    const size_t budget = Listing::kStepRows / Listing::rows_of(request_.selector);
    auto scan = view.scan(listing_.cluster(), request_.kind, listing_.revision(), budget);
    SNAPGATE_ASSIGN(const bool paused, store::walk(std::move(scan), at_, visit));
    if (!paused) SNAPGATE_TRY(listing_.check_count(page_));
    return !paused;
}

std::string KubeList::continue_token() const {
    if (!page_.more) return {};
    // The token of one namespace's list has only a name.
    return listing_.token({request_.ns.empty() ? last_.ns : std::string(), last_.name},
                          remaining());
}

}  // namespace snapgate::query
