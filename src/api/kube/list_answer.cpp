#include "api/kube/list_answer.h"

#include <utility>

#include "base/log.h"
#include "net/await.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// A larger list than this is sent as it is made, in pieces.
constexpr size_t kWholeBytes = 2 << 20;
constexpr size_t kPieceBytes = 256 << 10;

// Goes on from what the body holds. From here on an error can only be told by cutting the answer
// off.
net::Awaitable<Result<void>> stream(Call& call, ListDocument& document, ListedObjects& objects,
                                    int64_t now_ms) {
    net::Response& response = call.response;
    std::string piece = std::exchange(response.body, {});
    auto begun = co_await response.stream->begin();
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    bool whole = false;
    while (true) {
        if (auto written = co_await response.stream->write(piece); !written || whole) break;
        // A selector may let little through.
        if (piece.empty()) co_await net::yield();
        piece.clear();
        auto done = objects.step(document, now_ms, kPieceBytes, piece);
        if (!done) {
            base::log::warning("a list was cut off", {{"error", done.error().message}});
            response.close = true;
            break;
        }
        whole = *done;
        if (whole) document.end(objects.metadata(), false, piece);
    }
    co_return Result<void>();
}

}  // namespace

net::Awaitable<Result<void>> send_list(Call& call, ListDocument document, ListedObjects& objects) {
    net::Response& response = call.response;
    response.content_type = call.form.content_type();
    const int64_t now_ms = call.services.store.now_ms();
    document.begin(response.body);
    for (bool held = false;; held = true) {
        SNAPGATE_CO_ASSIGN(const bool whole,
                           objects.step(document, now_ms, kWholeBytes, response.body));
        if (whole) break;
        if (!held) objects.hold_history();
        if (response.body.size() >= kWholeBytes)
            co_return co_await stream(call, document, objects, now_ms);
        co_await net::yield();
    }
    document.end(objects.metadata(), true, response.body);
    co_return Result<void>();
}

}  // namespace snapgate::api::kube
