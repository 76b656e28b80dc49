// A chunked body is the same body in whatever pieces it comes, and written out again it is the
// same.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "check.h"
#include "input.h"
#include "net/http/chunked_body.h"

namespace {

using snapgate::fuzz::check;
using snapgate::net::ChunkedBody;

struct Decoded {
    std::string body;
    size_t consumed = 0;
    ChunkedBody::State state = ChunkedBody::State::kReading;
};

Decoded decode(std::string_view bytes, size_t step) {
    ChunkedBody chunks;
    Decoded result;
    while (chunks.state() == ChunkedBody::State::kReading && result.consumed < bytes.size()) {
        const auto one = chunks.next(bytes.substr(result.consumed, step));
        check(one.consumed > 0, "no progress");
        result.consumed += one.consumed;
        result.body.append(one.piece);
    }
    result.state = chunks.state();
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes = snapgate::fuzz::text_of(data, size);
    const Decoded whole = decode(bytes, std::max<size_t>(size, 1));
    const Decoded pieces = decode(bytes, 1);
    check(whole.state == pieces.state && whole.body == pieces.body &&
              whole.consumed == pieces.consumed,
          "pieces do not change the body");
    if (whole.state != ChunkedBody::State::kDone) return 0;
    char size_line[32];
    const int digits = std::snprintf(size_line, sizeof(size_line), "%zx\r\n", whole.body.size());
    std::string again;
    if (!whole.body.empty()) {
        again.append(size_line, static_cast<size_t>(digits)).append(whole.body).append("\r\n");
    }
    again.append("0\r\n\r\n");
    const Decoded same = decode(again, again.size());
    check(same.state == ChunkedBody::State::kDone && same.body == whole.body,
          "what is written out again is the same body");
    return 0;
}
