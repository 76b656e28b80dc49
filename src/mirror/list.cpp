#include "mirror/list.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "mirror/list_head.h"
#include "mirror/odd_objects.h"
#include "mirror/pages.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;

ListPage::ListPage(const cluster::ReflectedKind& kind, Collector& objects, SkippedObjects& skipped)
    : kind_(kind),
      objects_(objects),
      skipped_(skipped),
      list_([this](std::string_view item) { return take(item); }) {
    list_.pass_over_too_large([this](std::string_view beginning) -> Result<void> {
        skipped_.add_too_large(json::read_cut_object(beginning));
        return {};
    });
}

Result<void> ListPage::take(std::string_view item) {
    auto taken = take_object(kind_, item);
    if (!taken) {
        failed_ = std::move(taken).error();
        // This error only ends the splitter; the caller looks at `failed_`.
        return Error(Code::kBadPeer, failed_->message);
    }
    if (taken->object) {
        objects_.add(std::move(*taken->object));
    } else {
        skipped_.add(json::read_cut_object(item), taken->odd);
    }
    return {};
}

Outcome<void> ListPage::feed(std::string_view piece) {
    auto fed = list_.feed(piece);
    if (fed) return {};
    if (failed_) return tl::unexpected(*failed_);
    return tl::unexpected(malformed("the cluster's list is not valid: " + fed.error().message));
}

Outcome<json::ListHead> ListPage::finish() {
    auto head = list_.finish();
    if (!head) {
        return tl::unexpected(
            malformed("the cluster's list is not valid: " + head.error().message));
    }
    auto checked = check_list_head(*head, kind_, ListForm::kObjects);
    if (!checked) return tl::unexpected(std::move(checked).error());
    return std::move(*head);
}

namespace {

net::Awaitable<Outcome<json::ListHead>> take_page(const ListParts& parts, std::string target) {
    auto answer = co_await parts.upstream.get(std::move(target), "application/json");
    if (!answer) co_return tl::unexpected(std::move(answer).error());
    ListPage page(parts.kind, parts.objects, parts.skipped);
    while (true) {
        auto piece = co_await parts.upstream.read(parts.silence);
        if (!piece) co_return tl::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        auto fed = page.feed(*piece);
        if (!fed) {
            parts.upstream.drop();
            co_return tl::unexpected(parts.upstream.as_answered(std::move(fed).error()));
        }
        auto flushed = co_await parts.objects.flush(false);
        if (!flushed) co_return tl::unexpected(std::move(flushed).error());
    }
    auto head = page.finish();
    if (!head) co_return tl::unexpected(parts.upstream.as_answered(std::move(head).error()));
    co_return head;
}

}  // namespace

net::Awaitable<Outcome<std::string>> take_list(ListParts parts, std::string query) {
    parts.skipped.clear();
    auto begun = co_await parts.objects.begin();
    if (!begun) co_return tl::unexpected(std::move(begun).error());
    Pages pages(parts.path, query);
    bool more = true;
    while (more) {
        auto head = co_await take_page(parts, pages.target());
        const bool too_old = !head && head.error().status == 410;
        if (too_old && !pages.on_first() && !query.empty()) {
            // The cluster does not keep the state of the first page any more: ask for all at once.
            co_return co_await take_list(parts, "");
        }
        if (!head) {
            Setback setback = std::move(head).error();
            if (too_old) setback.next = Setback::Next::kRelistNewest;
            co_return tl::unexpected(std::move(setback));
        }
        auto turned = pages.turn(std::move(*head));
        if (!turned) co_return tl::unexpected(std::move(turned).error());
        more = *turned;
    }
    auto flushed = co_await parts.objects.flush(true);
    if (!flushed) co_return tl::unexpected(std::move(flushed).error());
    co_return pages.version();
}

std::string list_query(std::string_view version, bool newest) {
    if (newest) return fmt::format("limit={}", kPageObjects);
    // A first list may be answered by a server's cache, which may be behind. A later list must not
    // be older than what is known; it has no limit, because with one the version would mean exactly
    // it.
    if (version.empty()) return fmt::format("resourceVersion=0&limit={}", kPageObjects);
    return fmt::format("resourceVersion={}", base::percent_encode(version));
}

}  // namespace snapgate::mirror
