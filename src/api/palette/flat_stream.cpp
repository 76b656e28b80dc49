#include "api/palette/flat_stream.h"

#include <utility>

#include "api/identify.h"
#include "api/palette/list_format.h"
#include "base/log.h"
#include "net/await.h"

namespace snapgate::api::palette {

using base::Result;

namespace {

// About half a millisecond of work, as each row is made of its object.
constexpr size_t kRowsBytes = 64 << 10;

// The next piece, behind what `piece` has. True at the end. What is held is what the piece's string
// may have room for, and the rows.
net::Awaitable<Result<bool>> make_piece(Call& call, net::Where where, const FlatStep& step,
                                        const std::function<size_t()>& kept_bytes,
                                        std::string& piece) {
    auto make = [&] { return step(piece, kRowsBytes); };
    SNAPGATE_CO_ASSIGN(const bool whole,
                       co_await net::make_at(*call.response.stream, where, std::move(make)));
    // A client that reads slowly takes minutes, in which its key may be revoked; so may the step
    // have waited for its turn.
    SNAPGATE_CO_TRY(check_key(call));
    SNAPGATE_CO_TRY(call.request.held->hold_answer(2 * kRowsBytes + kept_bytes()));
    co_return whole;
}

}  // namespace

net::Awaitable<Result<void>> stream_flat(Call& call, query::ListFormat format, std::string csv_head,
                                         net::Where where, FlatStep step,
                                         std::function<size_t()> kept_bytes) {
    net::Response& response = call.response;
    response.content_type = content_type_of(format);
    std::string piece;
    if (format == query::ListFormat::kCsv) piece += csv_head;
    const size_t nothing = piece.size();
    bool whole = false;
    while (!whole && piece.size() == nothing) {
        SNAPGATE_CO_ASSIGN(whole, co_await make_piece(call, where, step, kept_bytes, piece));
        co_await net::yield();
    }
    const auto begun = co_await response.stream->begin();
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    while (co_await response.stream->write(piece) && !whole) {
        // Others on this thread come in between: a filter may let nothing through, and to write to
        // a client that takes all at once is no pause.
        co_await net::yield();
        piece.clear();
        const auto more = co_await make_piece(call, where, step, kept_bytes, piece);
        if (!more) {
            base::log::warning("a list was cut off", {{"error", more.error().message}});
            response.close = true;
            break;
        }
        whole = *more;
    }
    co_return Result<void>();
}

}  // namespace snapgate::api::palette
