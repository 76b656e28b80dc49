#include "api/kube/list_answer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "net/await.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// From the text that is in the response's body on, which is its first piece; the rest is made as
// the client takes it. From here on an error can only be told by cutting the answer off.
net::Awaitable<Result<void>> stream(Call& call, RepeatableText& text) {
    net::Response& response = call.response;
    SNAPGATE_CO_TRY(call.request.held->hold_answer(kMostHeldBytes + text.kept_bytes()));
    std::string first = std::exchange(response.body, {});
    auto begun = co_await response.stream->begin(std::nullopt, first);
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    co_await net::yield();
    co_await send_pieces(call, text, std::move(first));
    co_return Result<void>();
}

}  // namespace

Result<void> AnsweredList::item(const query::KubeList& /*list*/, const store::Found& found,
                                std::string& out) {
    return document_.item(found, now_ms_, out);
}

Result<void> AnsweredList::item(const query::FleetList& list, const query::FleetRow& row,
                                std::string& out) {
    if (!shown_ || row.cluster != shown_index_) {
        const query::FleetCluster& cluster = *list.listing().clusters()[row.cluster];
        shown_.emplace(cluster.name, cluster.uid);
        shown_index_ = row.cluster;
    }
    return document_.item_of(*shown_, *row.found, now_ms_, out);
}

net::Awaitable<Result<void>> send_list(Call& call, RepeatableText& text, AnsweredList& document) {
    net::Response& response = call.response;
    response.content_type = call.form.content_type();
    const size_t most = most_whole_bytes(call.request);
    // Where another object would hardly fit.
    const size_t filled = most - kRoomOfAnObject;
    text.mark();
    std::string& body = response.body;
    for (bool held = false;; held = true) {
        const size_t full = std::min(body.size() + kPieceBytes, filled);
        SNAPGATE_CO_ASSIGN(const bool whole, co_await make_step(call, text, body, full));
        if (whole && body.size() <= most) co_return Result<void>();
        if (!held) text.hold_history();
        if (whole || body.size() >= filled) {
            if (whole || body.size() > kMostHeldBytes) {
                text.return_to_mark();
                empty_buffer(body);
            }
            document.may_be_whole(false);
            co_return co_await stream(call, text);
        }
        SNAPGATE_CO_TRY(call.request.held->hold_answer(body.size() + text.kept_bytes()));
        // Growing by itself it would be copied again and again, each time into new memory.
        if (body.size() >= kPieceBytes) body.reserve(most);
        co_await net::yield();
    }
}

}  // namespace snapgate::api::kube
