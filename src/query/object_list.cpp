#include "query/object_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "model/names.h"
#include "query/token_fault.h"
#include "query/version_order.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kHalfDigest = 8;
// What may be looked at to tell how many objects remain; beyond that the list does not say.
constexpr size_t kMaxCounted = 20'000;
// Put to a namespace: behind it and before every other, as no name holds so small a byte.
constexpr char kAfter = '\x01';
// No namespace is longer.
constexpr size_t kMostOfPlace = 63;

void append_part(std::string_view part, std::string& out) {
    base::append_u32(static_cast<uint32_t>(part.size()), out);
    out += part;
}

// What a token is bound to, and behind it what else makes the listing: with another namespace or
// selector a token goes on all the same, but what it knows of the rest does not hold.
std::string digest_list(std::string_view uid, const ObjectListRequest& request) {
    std::string bound = "a list of Kubernetes objects";
    append_part(uid, bound);
    bound += static_cast<char>(request.kind);
    std::string rest;
    append_part(request.ns, rest);
    append_part(request.selector_text, rest);
    return base::sha256(bound).substr(0, kHalfDigest) + base::sha256(rest).substr(0, kHalfDigest);
}

Error invalid_token(std::string_view why) {
    return {Code::kInvalidParameter,
            fmt::format("invalid continue token: continue key is not valid: {}", why), "continue"};
}

Error too_large(std::string_view version, std::string_view head) {
    Error error(Code::kFutureVersion,
                fmt::format("Timeout: Too large resource version: {}, current: {}", version, head),
                "resourceVersion");
    error.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", {}});
    return error;
}

Error version_expired() {
    return {Code::kExpired, "The resourceVersion for the provided list is too old.",
            "resourceVersion"};
}

}  // namespace

ObjectList::ObjectList(const ListContext& context, ListedCluster cluster, ObjectListRequest request)
    : context_(context),
      cluster_(cluster.number),
      request_(std::move(request)),
      digest_(digest_list(cluster.uid, request_)),
      one_name_(request_.selector.only_name()) {
    // Namespaces themselves are all in none.
    if (!request_.ns.empty() || request_.kind == model::Kind::kNamespace) {
        one_ns_ = request_.ns;
    } else {
        one_ns_ = request_.selector.only_namespace();
    }
}

Result<ObjectList> ObjectList::plan(const ListContext& context, const store::ReadView& view,
                                    ListedCluster cluster, ObjectListRequest request) {
    ObjectList list(context, cluster, std::move(request));
    SNAPGATE_ASSIGN(auto head, view.head(cluster.number));
    if (!head) {
        return Error(Code::kNotFound,
                     fmt::format("there is no cluster {} that this key may see", cluster.uid));
    }
    if (list.request_.continue_token.empty()) {
        SNAPGATE_TRY(list.begin(view, *head));
    } else {
        SNAPGATE_TRY(list.resume(view, *head));
    }
    if (list.one_ns_) list.at_.ns = *list.one_ns_;
    if (list.one_ns_ && list.one_name_) list.at_.name = std::max(list.at_.name, *list.one_name_);
    return list;
}

Result<void> ObjectList::begin(const store::ReadView& view, const store::Head& head) {
    revision_ = head.revision;
    version_ = head.version;
    if (request_.version == 0) request_.limit = 0;
    if (!request_.mirror_version.empty()) {
        SNAPGATE_TRY(begin_at_mirrored(view, head));
    } else if (request_.version.value_or(0) > 0) {
        SNAPGATE_TRY(begin_at_version(view, head));
    }
    return request_.limit > 0 ? count_first(view, head) : Result<void>();
}

bool ObjectList::exact() const {
    using Match = ObjectListRequest::Match;
    // A version with a limit and without a match is an exact one, for older clients.
    return request_.match == Match::kExact ||
           (request_.match == Match::kUnset && request_.limit > 0);
}

Result<void> ObjectList::begin_at_version(const store::ReadView& view, const store::Head& head) {
    const model::Revision version = *request_.version;
    if (version > head.revision)
        return too_large(fmt::format_int(version).str(), fmt::format_int(head.revision).str());
    if (!exact() || version == head.revision) return {};
    return show(view, version, fmt::format_int(version).str());
}

Result<void> ObjectList::begin_at_mirrored(const store::ReadView& view, const store::Head& head) {
    const std::string& version = request_.mirror_version;
    if (version == head.version) return {};
    SNAPGATE_ASSIGN(const auto known, view.revision_of(cluster_, version));
    if (known && !exact()) return {};
    if (known) return show(view, *known, version);
    switch (compare_versions(version, head.version)) {
        case VersionOrder::kNewer:
            return too_large(version, head.version);
        case VersionOrder::kNotNewer:
            if (!exact()) return {};
            break;
        case VersionOrder::kUnknown:
            break;
    }
    return version_expired();
}

Result<void> ObjectList::show(const store::ReadView& view, model::Revision revision,
                              std::string version) {
    revision_ = revision;
    version_ = std::move(version);
    auto readable = check_readable(view);
    if (readable || readable.error().code != Code::kExpired) return readable;
    return version_expired();
}

Result<void> ObjectList::resume(const store::ReadView& view, const store::Head& head) {
    const auto token = context_.signer.unseal(request_.continue_token);
    if (!token) return invalid_token(token_fault(request_.continue_token));
    if (std::string_view(token->query).substr(0, kHalfDigest) !=
        std::string_view(digest_).substr(0, kHalfDigest))
        return invalid_token("it belongs to a list of another cluster or resource");
    if (request_.version.value_or(0) != 0 || !request_.mirror_version.empty()) {
        return Error(Code::kInvalidParameter,
                     "specifying resource version is not allowed when using continue",
                     "resourceVersion");
    }
    at_ = place_after(token->after);
    // Revisions of another store, or of a cluster that had this uid before, mean nothing here.
    if (token->store_id != context_.store.id() || token->cluster != cluster_)
        return token_expired(token->after);
    if (token->revision == 0) {
        revision_ = head.revision;
        version_ = head.version;
        return count_rest(view);
    }
    revision_ = token->revision;
    version_ = token->version;
    auto readable = check_readable(view);
    if (!readable) {
        return readable.error().code == Code::kExpired ? token_expired(token->after)
                                                       : std::move(readable).error();
    }
    if (token->query != digest_) return count_rest(view);
    left_ = token->remaining;
    return {};
}

Result<void> ObjectList::check_readable(const store::ReadView& view) const {
    SNAPGATE_ASSIGN(const auto replaced_ms, view.replaced_ms(cluster_, revision_));
    // A page is made within moments; one that takes longer holds its history.
    if (!begun_ && replaced_ms &&
        context_.store.now_ms() - *replaced_ms > context_.store.history().count())
        return version_expired();
    return {};
}

bool ObjectList::nothing() const {
    return !model::may_be_namespace(request_.ns) || request_.selector.nothing();
}

Error ObjectList::token_expired(const model::ObjectKey& after) const {
    Error error(Code::kExpired,
                "The provided continue parameter is too old to display a consistent list result. "
                "You can start a new list without the continue parameter, or use the continue "
                "token in this response to retrieve the remainder of the results. Continuing with "
                "the provided token results in an inconsistent list - objects that were created, "
                "modified, or deleted between the time the first chunk was returned and now may "
                "show up in the list.",
                "continue");
    ContinueToken token = make_token(after);
    token.revision = 0;
    token.version.clear();
    error.continue_token = context_.signer.seal(token);
    return error;
}

model::ObjectKey ObjectList::place_after(const model::ObjectKey& after) const {
    // A token of one namespace's list holds a name, one of all namespaces' both. kube-apiserver
    // goes on behind "namespace/name" or "name" among the texts of the other kind, too; no name
    // holds a slash, so there it is behind what comes before the slash.
    if (one_ns_) {
        if (after.ns.empty()) return model::just_after(*one_ns_, after.name);
        if (request_.ns.empty() && after.ns != *one_ns_) {
            // A list of all namespaces of which the selector lets one through.
            return {*one_ns_, after.ns < *one_ns_ ? std::string() : std::string(1, '\x7f')};
        }
        if (request_.ns.empty()) return model::just_after(*one_ns_, after.name);
        return {*one_ns_, after.ns + '/'};
    }
    // The name stands for a namespace here, and may be longer than any.
    if (after.ns.empty() && !model::may_be_namespace(after.name))
        return {after.name.substr(0, kMostOfPlace) + kAfter, {}};
    if (after.ns.empty()) return {after.name, {}};
    return model::just_after(after.ns, after.name);
}

Result<void> ObjectList::count_first(const store::ReadView& view, const store::Head& head) {
    if (!request_.selector.everything() || nothing()) return {};
    uint64_t count = 0;
    if (request_.ns.empty()) {
        SNAPGATE_ASSIGN(count, view.count(cluster_, request_.kind));
    } else {
        SNAPGATE_ASSIGN(count, view.count(cluster_, request_.kind, request_.ns));
    }
    if (revision_ != head.revision) {
        // The count is the head's: what came and went since then is taken back.
        SNAPGATE_ASSIGN(const auto changes,
                        view.log(cluster_, revision_, head.revision, kMaxCounted));
        if (changes.size() == kMaxCounted) return {};
        for (const store::LogEntry& change : changes) {
            if (change.kind != request_.kind) continue;
            if (!request_.ns.empty() && change.key.ns != request_.ns) continue;
            if (change.op == store::LogEntry::Op::kCreated) --count;
            if (change.op == store::LogEntry::Op::kDeleted) ++count;
        }
    }
    left_ = count;
    return {};
}

Result<void> ObjectList::count_rest(const store::ReadView& view) {
    if (!request_.selector.everything() || request_.limit == 0 || nothing()) return {};
    auto scan = view.scan(cluster_, request_.kind, revision_, kMaxCounted);
    SNAPGATE_ASSIGN(bool found, scan.seek(at_.ns, at_.name));
    uint64_t count = 0;
    while (found && (!one_ns_ || scan.found().ns == *one_ns_)) {
        ++count;
        SNAPGATE_ASSIGN(found, scan.next());
    }
    if (found || !scan.exhausted()) left_ = count;
    return {};
}

Result<bool> ObjectList::settle(store::ReadView::Scan& scan, bool found) {
    while (found) {
        const store::Found& at = scan.found();
        if (one_ns_ && at.ns != *one_ns_) break;
        if (!one_name_ || at.name == *one_name_) return true;
        if (one_ns_) break;
        // The next one of that name is in this namespace or a later one.
        if (at.name < *one_name_) {
            SNAPGATE_ASSIGN(found, scan.seek(std::string(at.ns), *one_name_));
        } else {
            SNAPGATE_ASSIGN(found, scan.seek(std::string(at.ns) + kAfter, ""));
        }
    }
    ended_ = found || !scan.exhausted();
    return false;
}

Result<bool> ObjectList::step(const store::ReadView& view, const Item& item, size_t full,
                              std::string& out) {
    if (begun_) {
        SNAPGATE_TRY(check_readable(view));
    }
    begun_ = true;
    if (nothing()) {
        ended_ = true;
        return true;
    }
    // Labels take longer to look at than rows.
    const size_t budget = request_.selector.reads_labels() ? kStepRows / 4 : kStepRows;
    auto scan = view.scan(cluster_, request_.kind, revision_, budget);
    SNAPGATE_ASSIGN(bool found, scan.seek(at_.ns, at_.name));
    while (true) {
        SNAPGATE_ASSIGN(found, settle(scan, found));
        if (!found) {
            if (ended_) return true;
            at_ = scan.resume_key();
            return false;
        }
        const store::Found& object = scan.found();
        if (request_.limit > 0 && items_ == request_.limit) return true;
        if (out.size() >= full) {
            at_ = {std::string(object.ns), std::string(object.name)};
            return false;
        }
        SNAPGATE_ASSIGN(const bool selected, request_.selector.selects(object));
        if (selected) {
            SNAPGATE_TRY(item(object, out));
            ++items_;
            if (items_ == request_.limit)
                last_ = model::ObjectKey{std::string(object.ns), std::string(object.name)};
        }
        SNAPGATE_ASSIGN(found, scan.next());
    }
}

ContinueToken ObjectList::make_token(const model::ObjectKey& after) const {
    ContinueToken token;
    token.store_id = context_.store.id();
    token.cluster = cluster_;
    token.revision = revision_;
    token.version = version_;
    token.query = digest_;
    token.after = after;
    return token;
}

std::string ObjectList::continue_token() const {
    if (ended_ || !last_) return {};
    ContinueToken token = make_token(*last_);
    if (!request_.ns.empty()) token.after.ns.clear();
    token.remaining = remaining();
    return context_.signer.seal(token);
}

std::optional<uint64_t> ObjectList::remaining() const {
    if (ended_ || !left_ || *left_ <= items_) return std::nullopt;
    return *left_ - items_;
}

}  // namespace snapgate::query
