#include "api/kube/list_answer.h"

#include <algorithm>
#include <utility>

#include "api/measured_text.h"
#include "net/await.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// A list from its beginning to its end.
class ListText final : public RepeatableText {
  public:
    ListText(ListDocument document, ListedObjects& objects, int64_t now_ms)
        : document_(std::move(document)), objects_(objects), now_ms_(now_ms) {}

    Result<bool> step(std::string& out, size_t full) override {
        if (!begun_) document_.begin(out);
        begun_ = true;
        SNAPGATE_ASSIGN(const bool whole, objects_.step(document_, now_ms_, full, out));
        if (whole) document_.end(objects_.metadata(), may_be_whole_, out);
        return whole;
    }
    // Whether `out` of step() holds everything from the beginning on.
    void may_be_whole(bool whole) { may_be_whole_ = whole; }
    bool is_cheap() const override { return document_.is_json(); }
    void hold_history() override { objects_.hold_history(); }
    void mark() override {
        objects_.mark();
        document_at_mark_ = document_;
        begun_at_mark_ = begun_;
    }
    void return_to_mark() override {
        objects_.return_to_mark();
        document_ = document_at_mark_;
        begun_ = begun_at_mark_;
    }

  private:
    ListDocument document_;
    ListedObjects& objects_;
    const int64_t now_ms_;
    bool begun_ = false;
    bool may_be_whole_ = false;
    ListDocument document_at_mark_ = document_;
    bool begun_at_mark_ = false;
};

// From the first object on. From here on an error can only be told by cutting the answer off.
net::Awaitable<Result<void>> stream(Call& call, RepeatableText& text) {
    net::Response& response = call.response;
    SNAPGATE_CO_TRY(call.request.held->hold_answer(kMostHeldBytes));
    auto begun = co_await response.stream->begin();
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    co_await send_pieces(call, text);
    co_return Result<void>();
}

}  // namespace

net::Awaitable<Result<void>> send_list(Call& call, ListDocument document, ListedObjects& objects) {
    net::Response& response = call.response;
    response.content_type = call.form.content_type();
    const size_t most = most_whole_bytes(call.request);
    ListText text(std::move(document), objects, call.services.store.now_ms());
    text.mark();
    text.may_be_whole(true);
    std::string& body = response.body;
    for (bool held = false;; held = true) {
        const size_t full = std::min(body.size() + kPieceBytes, most);
        SNAPGATE_CO_ASSIGN(const bool whole,
                           co_await make_step(*response.stream, text, body, full));
        if (whole && body.size() <= most) co_return Result<void>();
        if (!held) objects.hold_history();
        if (whole || body.size() >= most) {
            // What was made goes back: a slow client would hold it for as long as it likes.
            text.return_to_mark();
            text.may_be_whole(false);
            co_return co_await stream(call, text);
        }
        SNAPGATE_CO_TRY(call.request.held->hold_answer(body.size()));
        co_await net::yield();
    }
}

}  // namespace snapgate::api::kube
