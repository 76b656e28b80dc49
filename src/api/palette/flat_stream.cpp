#include "api/palette/flat_stream.h"

#include <utility>

#include "api/identify.h"
#include "api/palette/list_format.h"
#include "base/log.h"
#include "net/await.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> stream_flat(Call& call, query::ListFormat format, std::string csv_head,
                                         FlatStep step) {
    // About half a millisecond of work, as each row is made of its object.
    constexpr size_t kPieceBytes = 64 << 10;
    net::Response& response = call.response;
    response.content_type = content_type_of(format);
    std::string piece;
    if (format == query::ListFormat::kCsv) piece += csv_head;
    SNAPGATE_CO_ASSIGN(bool whole, step(piece, kPieceBytes));
    // What the piece's string may have room for. So much is refused where there is no room.
    SNAPGATE_CO_TRY(call.request.held->hold_answer(2 * kPieceBytes));
    const auto begun = co_await response.stream->begin();
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    while (true) {
        if (!co_await response.stream->write(piece) || whole) break;
        // Others on this thread come in between: a filter may let nothing through, and to write to
        // a client that takes all at once is no pause.
        co_await net::yield();
        piece.clear();
        // A client that reads slowly takes minutes, in which its key may be revoked.
        Result<bool> more = false;
        if (auto good = check_key(call); !good) {
            more = std::move(good).error();
        } else {
            more = step(piece, kPieceBytes);
        }
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
