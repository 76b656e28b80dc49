#pragma once

#include <cstddef>
#include <string>

#include "api/call.h"
#include "base/result.h"
#include "net/http/http.h"
#include "net/server/aside.h"

namespace snapgate::api {

// What an answer on its way may hold of its text, beside what the socket has taken: a client may
// take half an hour for it, and there may be thousands of such clients.
inline constexpr size_t kMostHeldBytes = 256 << 10;
// A piece ends once it has no more room than this, so that it rarely has more than kMostHeldBytes.
// It is as large as it may be: each one costs the kernel and the client a wake.
inline constexpr size_t kRoomOfAnObject = 16 << 10;
inline constexpr size_t kPieceBytes = kMostHeldBytes - kRoomOfAnObject;

// Empties the buffer of a text that has turned out to be long: what is larger than a piece needs
// goes back to the system, as a slow client would hold it for as long as it likes.
void empty_buffer(std::string& buffer);

// The most of a text that is held until it is whole: for a client that takes gzip, what the server
// compresses (net/server/server.h), of which it holds the compressed form alone.
size_t most_whole_bytes(const net::Request& request);

// A text that is made in steps, and of which parts can be made again, byte for byte.
class RepeatableText {
  public:
    RepeatableText() = default;
    virtual ~RepeatableText() = default;
    RepeatableText(const RepeatableText&) = delete;
    RepeatableText& operator=(const RepeatableText&) = delete;

    // Appends to `out` until that holds `full` bytes, or so many rows were looked at as a step may
    // take. True when the text is complete. After an error discard what was appended.
    virtual base::Result<bool> step(std::string& out, size_t full) = 0;
    // Whether the text is mostly copied: then it may be made several times for its slices.
    virtual bool is_cheap() const = 0;
    // Where its steps are made.
    virtual net::Where where() const = 0;
    // About how much memory it has between its steps, beside what was appended.
    virtual size_t kept_bytes() const = 0;
    // Keeps what is left readable. Called before the first step of several.
    virtual void hold_history() = 0;
    // Remembers the place between two steps, and goes back to it.
    virtual void mark() = 0;
    virtual void return_to_mark() = 0;
};

// Makes a step of `text`, where that is to be made. An error, too, if the caller's key has ended
// while the step waited for its turn.
net::Awaitable<base::Result<bool>> make_step(Call& call, RepeatableText& text, std::string& out,
                                             size_t full);

// Answers with the text in one piece if it is small. Else the whole of it is made once to find its
// length (and faults, which can still be told as such), and then again in pieces as the client
// takes them, with a Content-Length. Only a text that is one piece is compressed.
net::Awaitable<base::Result<void>> send_measured(Call& call, RepeatableText& text);

// Sends the text from the place where it stands on, in pieces, into a stream that has begun. It is
// too late to tell an error of the text as such: the answer is cut off, and the log says why.
// `room`: the buffer of the response's body, taken out before the stream began (which gives it
// away); the pieces are made in it, and it goes back. New memory for each answer costs more than
// what is written into it.
net::Awaitable<void> send_pieces(Call& call, RepeatableText& text, std::string room);

}  // namespace snapgate::api
