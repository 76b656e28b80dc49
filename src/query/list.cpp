#include "query/list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/json_text.h"
#include "json/object.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kDigestBytes = 16;
// A merge of many VMs looks at this many rows of each at least, so that it gets on.
constexpr size_t kLeastRowsOfSource = 64;

void append_part(std::string_view part, std::string& out) {
    base::append_u32(static_cast<uint32_t>(part.size()), out);
    out += part;
}

// Names the listing that a token belongs to: the cluster and the filters, but not the limit, which
// may change between pages.
std::string digest_query(std::string_view uid, const ListRequest& request) {
    std::string bytes;
    append_part(uid, bytes);
    for (const auto* values : {&request.vms, &request.namespaces}) {
        base::append_u32(static_cast<uint32_t>(values->size()), bytes);
        for (const std::string& value : *values) append_part(value, bytes);
    }
    return base::sha256(bytes).substr(0, kDigestBytes);
}

Error bad_token(std::string_view why) {
    return {Code::kInvalidParameter,
            fmt::format("continue {}: use the token of the page before with the same cluster, "
                        "vmName and namespace, or leave it out to begin anew",
                        why),
            "continue"};
}

}  // namespace

Result<ListPage> ListPage::plan(const ListContext& context, const store::ReadView& view,
                                ListedCluster cluster, ListRequest request) {
    ListPage page(context);
    page.cluster_ = cluster.number;
    page.request_ = std::move(request);
    page.query_digest_ = digest_query(cluster.uid, page.request_);
    SNAPGATE_ASSIGN(auto head, view.head(cluster.number));
    if (!head) {
        return Error(Code::kNotFound,
                     fmt::format("there is no cluster {} that this key may see", cluster.uid));
    }
    if (page.request_.continue_token.empty()) {
        page.revision_ = head->revision;
        page.version_ = head->version;
        SNAPGATE_TRY(page.count_items(view));
    } else {
        auto token = context.signer.unseal(page.request_.continue_token);
        if (!token) return bad_token("is no token that this server gave out");
        SNAPGATE_TRY(page.resume(*token, view, *head));
    }
    page.make_sources();
    page.make_etag();
    return page;
}

Result<void> ListPage::resume(const ContinueToken& token, const store::ReadView& view,
                              const store::Head& head) {
    if (token.query != query_digest_) return bad_token("belongs to another list");
    after_ = token.after;
    // Revisions of another store, or of a cluster that had this uid before, mean nothing here.
    if (token.store_id != context_->store.id() || token.cluster != cluster_)
        return expired(token.after);
    if (token.revision == 0) {
        revision_ = head.revision;
        version_ = head.version;
        return {};
    }
    revision_ = token.revision;
    version_ = token.version;
    remaining_ = token.remaining;
    return check_readable(view);
}

Result<void> ListPage::check_readable(const store::ReadView& view) const {
    auto replaced = view.replaced_ms(cluster_, revision_);
    if (!replaced) {
        // Above the head: the store is an older copy of the one that gave out the token.
        const bool gone = replaced.error().code == Code::kExpired ||
                          replaced.error().code == Code::kFutureVersion;
        if (gone && after_) return expired(*after_);
        return replaced.error();
    }
    bool is_head = !replaced->has_value();
    if (is_head) return {};
    int64_t age_ms = context_->store.now_ms() - **replaced;
    if (age_ms > context_->store.history().count())
        return expired(after_.value_or(model::ObjectKey{}));
    return {};
}

Error ListPage::expired(const model::ObjectKey& after) const {
    Error error(Code::kExpired,
                "the state that this list began with is no longer kept: go on with "
                "details.continue at the newest state, or begin anew without a token",
                "continue");
    ContinueToken token;
    token.store_id = context_->store.id();
    token.cluster = cluster_;
    token.query = query_digest_;
    token.after = after;
    error.continue_token = context_->signer.seal(token);
    return error;
}

Result<void> ListPage::count_items(const store::ReadView& view) {
    // With a filter by VM the number is unknown, as Kubernetes has it for selectors.
    if (!request_.vms.empty()) return {};
    if (request_.namespaces.empty()) {
        SNAPGATE_ASSIGN(remaining_, view.count(cluster_, model::Kind::kSnapshot));
        return {};
    }
    uint64_t sum = 0;
    for (const std::string& ns : request_.namespaces) {
        SNAPGATE_ASSIGN(uint64_t count, view.count(cluster_, model::Kind::kSnapshot, ns));
        sum += count;
    }
    remaining_ = sum;
    return {};
}

void ListPage::make_sources() {
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

void ListPage::make_etag() {
    std::string bytes;
    append_part(context_->store.id(), bytes);
    append_part(query_digest_, bytes);
    base::append_u32(cluster_, bytes);
    base::append_u64(revision_, bytes);
    base::append_u32(request_.limit, bytes);
    append_part(request_.continue_token, bytes);
    if (request_.kubernetes_form) append_part("kubernetes", bytes);
    etag_ = fmt::format("W/\"{}\"", base::hex(base::sha256(bytes).substr(0, kDigestBytes)));
}

Result<bool> ListPage::skip_other_namespaces(Source& source) const {
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

Result<bool> ListPage::settle(Source& source, const store::ReadView& view, size_t budget) {
    source.scan.emplace(source.vm.empty()
                            ? view.scan(cluster_, model::Kind::kSnapshot, revision_, budget)
                            : view.scan_vm(cluster_, source.vm, revision_, budget));
    SNAPGATE_ASSIGN(bool found, source.scan->seek(source.at.ns, source.at.name));
    if (!found) {
        source.ended = !source.scan->exhausted();
        return false;
    }
    return skip_other_namespaces(source);
}

Result<bool> ListPage::advance(Source& source) {
    SNAPGATE_ASSIGN(bool found, source.scan->next());
    if (!found) {
        source.ended = !source.scan->exhausted();
        return false;
    }
    return skip_other_namespaces(source);
}

Result<bool> ListPage::step(const store::ReadView& view, std::string& body) {
    if (!begun_) {
        body += R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","items":[)";
        begun_ = true;
    } else {
        // Time has passed since the last step: what it reads may be gone by now.
        SNAPGATE_TRY(check_readable(view));
    }
    size_t budget = std::max(kStepRows / sources_.size(), kLeastRowsOfSource);
    auto key_of = [](const Source* source) {
        const store::Found& found = source->scan->found();
        return std::pair(found.ns, found.name);
    };
    auto later = [&](const Source* a, const Source* b) { return key_of(a) > key_of(b); };
    // Leaves each source where a later step goes on.
    auto pause = [&] {
        for (Source& source : sources_) {
            if (source.scan && !source.ended) {
                if (source.scan->exhausted()) {
                    source.at = source.scan->resume_key();
                } else {
                    source.at = {std::string(source.scan->found().ns),
                                 std::string(source.scan->found().name)};
                }
            }
            source.scan.reset();
        }
        return false;
    };

    std::vector<Source*> heap;  // the sources that stand on an object, the least in front
    heap.reserve(sources_.size());
    for (Source& source : sources_) {
        if (source.ended) continue;
        SNAPGATE_ASSIGN(bool found, settle(source, view, budget));
        if (found) {
            heap.push_back(&source);
        } else if (!source.ended) {
            return pause();
        }
    }
    std::ranges::make_heap(heap, later);
    while (!heap.empty() && items_ < request_.limit && body.size() < kPageBytes) {
        std::ranges::pop_heap(heap, later);
        Source& source = *heap.back();
        const store::Found& found = source.scan->found();
        if (items_ > 0) body += ',';
        if (request_.kubernetes_form) {
            SNAPGATE_TRY(json::append_kubernetes_form(found.object, body));
        } else {
            body += found.object.text;
        }
        ++items_;
        after_ = model::ObjectKey{std::string(found.ns), std::string(found.name)};
        SNAPGATE_ASSIGN(bool more, advance(source));
        if (more) {
            std::ranges::push_heap(heap, later);
        } else if (source.ended) {
            heap.pop_back();
        } else {
            return pause();
        }
    }
    finish(!heap.empty(), body);
    for (Source& source : sources_) source.scan.reset();
    return true;
}

void ListPage::finish(bool more, std::string& body) {
    body += R"(],"kind":"VirtualMachineSnapshotList","metadata":{)";
    if (more) {
        std::optional<uint64_t> left;
        if (remaining_ && *remaining_ > items_) left = *remaining_ - items_;
        ContinueToken token;
        token.store_id = context_->store.id();
        token.cluster = cluster_;
        token.revision = revision_;
        token.version = version_;
        token.query = query_digest_;
        token.remaining = left;
        token.after = *after_;
        body += R"("continue":")";
        body += context_->signer.seal(token);
        body += R"(",)";
        if (left) fmt::format_to(std::back_inserter(body), R"("remainingItemCount":{},)", *left);
    }
    body += R"("resourceVersion":)";
    base::append_json_string(version_, body);
    body += "}}";
}

}  // namespace snapgate::query
