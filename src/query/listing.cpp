#include "query/listing.h"

#include <fmt/format.h>

#include <utility>

#include "model/version_order.h"
#include "query/selector.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kContinue = "continue";
constexpr std::string_view kVersion = "resourceVersion";
// In a token whose version alone names its state.
constexpr model::Revision kOfReplicas = 1;

// Whether a state cannot be read any more. A state above the head is one of these for a client: the
// store is then an older copy of the store from which the client knows that state.
bool is_gone(const Error& error) {
    return error.code == Code::kExpired || error.code == Code::kFutureVersion;
}

}  // namespace

Error ListWords::broken(std::string_view token) const {
    return {Code::kInvalidParameter, broken_token(token), std::string(kContinue)};
}

Error ListWords::foreign() const {
    return {Code::kInvalidParameter, std::string(foreign_token), std::string(kContinue)};
}

Error ListWords::with_version() const {
    return {Code::kInvalidParameter, std::string(version_with_token), std::string(kVersion)};
}

Error ListWords::expired(std::string again) const {
    Error error(Code::kExpired, std::string(token_expired), std::string(kContinue));
    error.continue_token = std::move(again);
    return error;
}

Error ListWords::expired_state() const {
    return {Code::kExpired, std::string(state_expired), std::string(kVersion)};
}

Result<uint64_t> count_objects(const store::ReadView& view, model::ClusterNumber cluster,
                               model::Kind kind, std::span<const std::string> namespaces) {
    if (namespaces.empty()) return view.count(cluster, kind);
    uint64_t sum = 0;
    for (const std::string& ns : namespaces) {
        SNAPGATE_ASSIGN(const uint64_t count, view.count(cluster, kind, ns));
        sum += count;
    }
    return sum;
}

Result<bool> is_kept(const store::Store& store, const store::ReadView& view,
                     model::ClusterNumber cluster, model::Revision revision) {
    auto replaced_ms = view.replaced_ms(cluster, revision);
    if (!replaced_ms && is_gone(replaced_ms.error())) return false;
    SNAPGATE_TRY(replaced_ms);
    return !*replaced_ms || store.history_time_ms() - **replaced_ms <= store.history().count();
}

Result<void> check_count_of(std::string_view uid, uint64_t items, uint64_t left, bool more) {
    if (more ? items < left : items == left) return {};
    return Error(Code::kCorrupt,
                 fmt::format("the store is damaged: a page of the cluster with the uid {} {} {} "
                             "objects, and the store counted {}",
                             uid, more ? "goes on after" : "is the last and has", items, left));
}

size_t Listing::rows_of(const Selector& selector) {
    // To read the labels takes about a microsecond, and each term a part of it.
    constexpr size_t kRowsOfLabels = 20;
    constexpr size_t kTermsOfRow = 8;
    return (selector.reads_labels() ? kRowsOfLabels : 1) + selector.terms() / kTermsOfRow;
}

Listing::Listing(const ListContext& context, ListedCluster cluster, std::string digest,
                 size_t bound_bytes)
    : context_(context),
      uid_(cluster.uid),
      cluster_(cluster.number),
      digest_(std::move(digest)),
      bound_bytes_(bound_bytes) {}

Result<void> Listing::show_newest(const store::ReadView& view) {
    SNAPGATE_ASSIGN(auto head, view.head(cluster_));
    if (!head) {
        return Error(Code::kNotFound,
                     fmt::format("there is no cluster {} that this key may see", uid_));
    }
    revision_ = head->revision;
    version_ = std::move(head->version);
    return {};
}

Result<void> Listing::show(const store::ReadView& view, model::Revision revision,
                           std::string version) {
    revision_ = revision;
    version_ = std::move(version);
    SNAPGATE_ASSIGN(const bool kept, is_kept(context_.store, view, cluster_, revision_));
    if (!kept) return context_.words.expired_state();
    return {};
}

Result<ContinueToken> Listing::read_token(std::string_view text) const {
    auto token = unseal_continue_token(context_.signer, text);
    if (!token) return context_.words.broken(text);
    const std::string_view bound = std::string_view(digest_).substr(0, bound_bytes_);
    if (!std::string_view(token->query).starts_with(bound)) return context_.words.foreign();
    return std::move(*token);
}

Result<void> Listing::go_on(const store::ReadView& view, const ContinueToken& token) {
    // Revisions of another store, or of an earlier cluster with this uid, have no meaning here.
    if (token.store_id != context_.store.truth_id() || token.cluster != cluster_)
        return expired(token.after);
    if (token.revision == 0) return {};
    revision_ = token.revision;
    if (context_.store.replicates()) {
        // The token may be another replica's, whose revisions are its own.
        SNAPGATE_ASSIGN(const auto here, view.revision_of(cluster_, token.version));
        if (!here) {
            Error error = expired(token.after);
            // Another replica was there, and this one may be about to get there.
            if (model::is_newer(token.version, version_)) error.code = Code::kFutureVersion;
            return error;
        }
        revision_ = *here;
    }
    version_ = token.version;
    SNAPGATE_ASSIGN(const bool kept, is_kept(context_.store, view, cluster_, revision_));
    if (!kept) return expired(token.after);
    return {};
}

Result<void> Listing::check_readable(const store::ReadView& view) const {
    const auto replaced_ms = view.replaced_ms(cluster_, revision_);
    if (replaced_ms) return {};
    if (!is_gone(replaced_ms.error())) return replaced_ms.error();
    return context_.words.expired_state();
}

HeldHistory Listing::hold_history(store::Store& store) const {
    return store.hold_history(cluster_, revision_);
}

ContinueToken Listing::make_token(const model::ObjectKey& after) const {
    ContinueToken token;
    token.store_id = context_.store.truth_id();
    token.cluster = cluster_;
    token.query = digest_;
    token.after = after;
    return token;
}

Result<void> Listing::check_count(const PageCount& page) const {
    return page.left ? check_count_of(uid_, page.items, *page.left, page.more) : Result<void>();
}

std::string Listing::token(const model::ObjectKey& after, std::optional<uint64_t> remaining) const {
    ContinueToken token = make_token(after);
    // Replicas give one token for one state, so a revision of this one must not stand in it.
    token.revision = context_.store.replicates() ? kOfReplicas : revision_;
    token.version = version_;
    token.remaining = remaining;
    return seal(context_.signer, token);
}

Error Listing::expired(const model::ObjectKey& after) const {
    return context_.words.expired(seal(context_.signer, make_token(after)));
}

}  // namespace snapgate::query
