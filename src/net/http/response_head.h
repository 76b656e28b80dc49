#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::net {

// "OK" for 200; "Status" for what RFC 9110 does not name.
std::string_view reason_phrase(unsigned status);

// Whether a response of that status may carry a body (1xx, 204 and 304 may not).
bool may_have_body(unsigned status);

// RFC 9110 IMF-fixdate of the current second, made anew when the second changes. One for each
// thread.
class DateText {
  public:
    std::string_view now();

  private:
    int64_t second_ = -1;
    char text_[30] = {};
};

struct ResponseHead {
    unsigned status = 200;
    std::string_view date;
    std::string_view content_type;           // "" for none
    std::optional<uint64_t> content_length;  // nullopt for none
    bool chunked = false;
    std::string_view request_id;
    std::string_view headers;  // further lines with their CRLFs
    bool vary = false;         // the body depends on Accept-Encoding
    bool gzip = false;
    std::string_view connection;  // "" for none, "close" or "keep-alive"
};

// Appends the status line, the header lines and the empty line.
void append_response_head(const ResponseHead& head, std::string& out);

}  // namespace snapgate::net
