#include "api/measured_text.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "api/identify.h"
#include "base/log.h"
#include "net/await.h"
#include "net/http/header_values.h"
#include "net/server/server.h"

namespace snapgate::api {
namespace {

using base::Result;

// What a piece of the text may have, beside what the text keeps itself.
size_t piece_bytes(const RepeatableText& text) {
    return kPieceBytes - std::min(text.kept_bytes(), kPieceBytes / 2);
}

// What was found of a text by making all of it once.
struct Measured {
    bool kept = true;  // it is small, and in the response's body
    uint64_t length = 0;
};

net::Awaitable<Result<Measured>> measure(Call& call, RepeatableText& text) {
    std::string& body = call.response.body;
    const size_t most = most_whole_bytes(call.request);
    Measured measured;
    for (bool held = false;; held = true) {
        const size_t full = measured.kept ? std::min(body.size() + kPieceBytes, most) : kPieceBytes;
        SNAPGATE_CO_ASSIGN(const bool whole, co_await make_step(call, text, body, full));
        if (measured.kept && whole && body.size() <= most) {
            measured.length = body.size();
            co_return measured;
        }
        if (!measured.kept || whole || body.size() >= most) {
            measured.kept = false;
            measured.length += body.size();
            empty_buffer(body);
        }
        if (!held) text.hold_history();
        if (whole) co_return measured;
        // Growing by itself it would be copied again and again, each time into new memory.
        if (measured.kept && body.size() >= kPieceBytes) body.reserve(most + kRoomOfAnObject);
        SNAPGATE_CO_TRY(call.request.held->hold_answer(body.size() + text.kept_bytes()));
        co_await net::yield();
    }
}

// What became of one piece of a stream. A client that is gone is no error of the text.
struct SentPiece {
    bool whole = false;  // the text is complete
    bool gone = false;
};

// Sends what the next step makes, in `piece` (a buffer that the caller keeps). A piece of more than
// kMostHeldBytes goes out in slices, each made anew, if that is cheap.
net::Awaitable<Result<SentPiece>> send_piece(Call& call, RepeatableText& text, std::string& piece) {
    net::ResponseStream& stream = *call.response.stream;
    SentPiece sent;
    const size_t full = piece_bytes(text);
    size_t size = 0;  // of the whole piece, once it is known
    for (size_t at = 0; at == 0 || at < size; at += kMostHeldBytes) {
        // A client that reads slowly takes minutes, in which its key may be revoked.
        SNAPGATE_CO_TRY(check_key(call));
        if (at == 0) {
            text.mark();
        } else {
            text.return_to_mark();
        }
        piece.clear();
        SNAPGATE_CO_ASSIGN(sent.whole, co_await make_step(call, text, piece, full));
        // A step may end earlier than the one before it: of a fleet that has an index, the first
        // one looks at rows, and this one reads objects.
        while (piece.size() < size && !sent.whole) {
            co_await net::yield();
            SNAPGATE_CO_ASSIGN(sent.whole, co_await make_step(call, text, piece, full));
        }
        size = piece.size();
        if (size > kMostHeldBytes && text.is_cheap()) {
            // The rest is made again when this slice is sent: it may be one object of megabytes.
            const std::string_view whole = piece;
            std::string slice(whole.substr(at, kMostHeldBytes));
            piece.swap(slice);
        }
        if (piece.size() == size) size = 0;  // it goes out as a whole
        SNAPGATE_CO_TRY(call.request.held->hold_answer(
            std::max(piece.size(), full + kRoomOfAnObject) + text.kept_bytes()));
        if (!co_await stream.write(piece)) {
            sent.gone = true;
            break;
        }
    }
    co_return sent;
}

}  // namespace

void empty_buffer(std::string& buffer) {
    if (buffer.capacity() > 2 * kMostHeldBytes) {
        std::string().swap(buffer);  // an empty one that is assigned leaves the memory as it is
    } else {
        buffer.clear();
    }
}

size_t most_whole_bytes(const net::Request& request) {
    const auto accepted = request.header("Accept-Encoding");
    return accepted && net::accepts_gzip(*accepted) ? net::kMostCompressedBytes : kMostHeldBytes;
}

net::Awaitable<Result<bool>> make_step(Call& call, RepeatableText& text, std::string& out,
                                       size_t full) {
    // Most lists are copied here, and a coroutine more would cost them some percent.
    if (text.where() == net::Where::kHere) co_return text.step(out, full);
    auto step = [&] { return text.step(out, full); };
    auto made = co_await net::make_at(*call.response.stream, net::Where::kAside, std::move(step));
    SNAPGATE_CO_TRY(check_key(call));
    co_return made;
}

net::Awaitable<void> send_pieces(Call& call, RepeatableText& text, std::string room) {
    net::Response& response = call.response;
    // A text that keeps much itself has smaller pieces than this buffer was filled with.
    if (piece_bytes(text) < kPieceBytes - kRoomOfAnObject) std::string().swap(room);
    SentPiece sent;
    while (!sent.whole && !sent.gone) {
        const auto next = co_await send_piece(call, text, room);
        if (!next) {
            base::log::warning("a list was cut off", {{"error", next.error().message}});
            response.close = true;
            break;
        }
        sent = *next;
        // Others on this thread come in between, however fast the client takes its list.
        co_await net::yield();
    }
    room.clear();
    response.body = std::move(room);
}

net::Awaitable<Result<void>> send_measured(Call& call, RepeatableText& text) {
    net::Response& response = call.response;
    text.mark();
    SNAPGATE_CO_ASSIGN(const Measured measured, co_await measure(call, text));
    if (measured.kept) co_return Result<void>();
    text.return_to_mark();
    SNAPGATE_CO_TRY(
        call.request.held->hold_answer(piece_bytes(text) + kRoomOfAnObject + text.kept_bytes()));
    std::string room = std::exchange(response.body, {});
    const auto begun = co_await response.stream->begin(measured.length);
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    co_await send_pieces(call, text, std::move(room));
    co_return Result<void>();
}

}  // namespace snapgate::api
