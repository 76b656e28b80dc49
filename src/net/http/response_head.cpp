#include "net/http/response_head.h"

#include <array>
#include <charconv>
#include <ctime>

namespace snapgate::net {
namespace {

void append_number(uint64_t value, std::string& out) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

void append_line(std::string_view name, std::string_view value, std::string& out) {
    out.append(name);
    out.append(value);
    out.append("\r\n");
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 507:
            return "Insufficient Storage";
        case 508:
            return "Loop Detected";
        default:
            return "Status";
    }
}

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string_view DateText::now() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    if (time.tv_sec != second_) {
        second_ = time.tv_sec;
        tm parts{};
        gmtime_r(&time.tv_sec, &parts);
        // By hand: strftime's names follow the process's locale.
        static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                             "Thu", "Fri", "Sat"};
        static constexpr std::array<const char*, 12> kMonths = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::string text;
        const auto two_digits = [&text](int value) {
            text.push_back(static_cast<char>('0' + value / 10 % 10));
            text.push_back(static_cast<char>('0' + value % 10));
        };
        text.append(kDays[static_cast<size_t>(parts.tm_wday)]).append(", ");
        two_digits(parts.tm_mday);
        text.append(" ").append(kMonths[static_cast<size_t>(parts.tm_mon)]).append(" ");
        append_number(static_cast<uint64_t>(parts.tm_year) + 1900, text);
        text.append(" ");
        two_digits(parts.tm_hour);
        text.append(":");
        two_digits(parts.tm_min);
        text.append(":");
        two_digits(parts.tm_sec);
        text.append(" GMT");
        text.copy(text_, sizeof(text_) - 1);
    }
    return text_;
}

void append_response_head(const ResponseHead& head, std::string& out) {
    out.append("HTTP/1.1 ");
    append_number(head.status, out);
    out.push_back(' ');
    append_line(reason_phrase(head.status), "", out);
    append_line("Date: ", head.date, out);
    if (!head.content_type.empty()) append_line("Content-Type: ", head.content_type, out);
    if (head.content_length) {
        out.append("Content-Length: ");
        append_number(*head.content_length, out);
        out.append("\r\n");
    }
    if (head.chunked) append_line("Transfer-Encoding: ", "chunked", out);
    append_line("X-Request-Id: ", head.request_id, out);
    if (head.gzip) append_line("Content-Encoding: ", "gzip", out);
    if (head.vary) append_line("Vary: ", "Accept-Encoding", out);
    if (!head.connection.empty()) append_line("Connection: ", head.connection, out);
    out.append(head.headers);
    out.append("\r\n");
}

}  // namespace snapgate::net
