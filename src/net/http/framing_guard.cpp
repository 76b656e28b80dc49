#include "net/http/framing_guard.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::net {
namespace {

constexpr size_t kMaxMethodBytes = 32;
constexpr std::string_view kCrLf = "\r\n";
// "METHOD " before and " HTTP/1.1\r\n" behind a target.
constexpr size_t kRequestLineFrame = kMaxMethodBytes + 1 + 11;

constexpr HeadFault bad(std::string_view message) {
    return {400, message};
}
constexpr HeadFault kTargetTooLong = {414, "the request target is too long"};
constexpr HeadFault kHeadersTooLarge = {431, "the header lines are too large or too many"};

// Visible ASCII without '#', which starts a fragment and has no place in a request.
bool is_target_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

// RFC 9110 field-content: visible characters, blanks, tabs, and bytes above 127.
bool is_field_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= ' ' && byte != 0x7f);
    });
}

// host[:port]: a name or IPv4 address of plain characters, or an IPv6 address in brackets. No comma
// and no other sub-delimiters: no DNS name has them, and a merged pair of Host headers does.
bool is_authority(std::string_view text) {
    std::string_view rest = text;
    if (rest.starts_with('[')) {
        const size_t end = rest.find(']');
        if (end == std::string_view::npos || end < 3) return false;
        for (const char c : rest.substr(1, end - 1)) {
            if (!base::is_hex(c) && c != ':' && c != '.') return false;
        }
        rest.remove_prefix(end + 1);
    } else {
        size_t name = 0;
        while (name < rest.size() &&
               (base::is_letter_or_digit(rest[name]) ||
                std::string_view("-._~").find(rest[name]) != std::string_view::npos)) {
            ++name;
        }
        if (name == 0) return false;
        rest.remove_prefix(name);
    }
    if (rest.empty()) return true;
    if (rest.front() != ':' || rest.size() > 6) return false;
    return std::all_of(rest.begin() + 1, rest.end(), base::is_digit);
}

// Content-Length: digits alone; "+5", "5,5", "0x5" and what overflows 63 bits have no reading.
// Takes the authority of an absolute-form target off; "" if the target is in origin form.
std::optional<HeadFault> reduce_target(Head& head, std::string_view& authority) {
    if (head.target.starts_with('/')) return std::nullopt;
    if (head.target == "*" && head.method == "OPTIONS") return std::nullopt;
    const std::string_view target = head.target;
    size_t scheme = 0;
    if (target.size() > 8 && base::equal_ignoring_case(target.substr(0, 7), "http://")) scheme = 7;
    if (target.size() > 9 && base::equal_ignoring_case(target.substr(0, 8), "https://")) scheme = 8;
    if (scheme == 0) {
        return bad("the request target must be a path that starts with a slash");
    }
    const size_t slash = target.find_first_of("/?", scheme);
    authority = target.substr(scheme, slash == std::string_view::npos ? slash : slash - scheme);
    if (slash == std::string_view::npos || target[slash] != '/' || !is_authority(authority)) {
        return bad("the request target is no URL with a plain host and a path");
    }
    head.target = target.substr(slash);
    return std::nullopt;
}

std::optional<HeadFault> parse_request_line(std::string_view line, const HeadLimits& limits,
                                            Head& head, std::string_view& authority) {
    const size_t first = line.find(' ');
    if (first == std::string_view::npos) return bad("the request line has no target");
    const size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos) {
        return bad("the request line has no HTTP version");
    }
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    if (head.method.size() > kMaxMethodBytes || !is_token(head.method)) {
        return bad("the request method is not valid");
    }
    if (version == "HTTP/1.1") {
        head.minor_version = 1;
    } else if (version == "HTTP/1.0") {
        head.minor_version = 0;
    } else {
        return bad("the request line does not end in HTTP/1.1 or HTTP/1.0");
    }
    if (head.target.size() > limits.max_target_bytes) return kTargetTooLong;
    if (!is_target_text(head.target)) {
        return bad("the request target holds a character that must be percent-encoded");
    }
    if (auto fault = reduce_target(head, authority)) return fault;
    const size_t question = head.target.find('?');
    head.path = head.target.substr(0, question);
    head.query =
        question == std::string_view::npos ? std::string_view() : head.target.substr(question + 1);
    return std::nullopt;
}

std::optional<HeadFault> parse_header_line(std::string_view line, Head& head) {
    if (line.front() == ' ' || line.front() == '\t') {
        return bad("a header line is folded: send each header on one line");
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header line has no colon");
    // A blank before the colon makes the name no token, as it must (RFC 9112, 5.1).
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name)) return bad("a header name is not valid");
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (!is_field_text(value)) return bad("a header value holds a control character");
    head.headers.push_back({name, value});
    return std::nullopt;
}

// The headers that decide where this request ends and the next one starts.
std::optional<HeadFault> read_framing(Head& head, std::string_view authority) {
    size_t hosts = 0;
    size_t codings = 0;
    size_t lengths = 0;
    bool close = false;
    bool keep = false;
    for (const Header& one : head.headers) {
        if (base::equal_ignoring_case(one.name, "Host")) {
            ++hosts;
            if (!is_authority(one.value)) return bad("the Host header is not valid");
            if (!authority.empty() && !base::equal_ignoring_case(one.value, authority)) {
                return bad("the Host header differs from the host in the request target");
            }
        } else if (base::equal_ignoring_case(one.name, "Transfer-Encoding")) {
            ++codings;
            if (one.value != "chunked") {
                return bad("Transfer-Encoding must be exactly \"chunked\"");
            }
            head.framing = BodyFraming::kChunked;
        } else if (base::equal_ignoring_case(one.name, "Content-Length")) {
            ++lengths;
            const auto length = base::read_decimal(one.value, INT64_MAX);
            if (!length) return bad("Content-Length must be one decimal number");
            head.content_length = *length;
        } else if (base::equal_ignoring_case(one.name, "Connection")) {
            close = close || list_holds(one.value, "close");
            keep = keep || list_holds(one.value, "keep-alive");
        } else if (base::equal_ignoring_case(one.name, "Expect")) {
            head.expect_continue = base::equal_ignoring_case(one.value, "100-continue");
        }
    }
    if (hosts > 1) return bad("there is more than one Host header");
    if (hosts == 0 && head.minor_version == 1) return bad("there is no Host header");
    if (codings > 1) return bad("there is more than one Transfer-Encoding header");
    if (lengths > 1) return bad("there is more than one Content-Length header");
    if (codings > 0 && lengths > 0) {
        return bad("there are both Transfer-Encoding and Content-Length headers");
    }
    if (codings > 0 && head.minor_version == 0) {
        return bad("Transfer-Encoding needs HTTP/1.1");
    }
    if (lengths > 0 && head.content_length > 0) head.framing = BodyFraming::kLength;
    head.keep_alive = !close && (head.minor_version == 1 || keep);
    head.expect_continue = head.expect_continue && head.minor_version == 1;
    return std::nullopt;
}

}  // namespace

HeadScanner::Progress HeadScanner::refuse(unsigned status, std::string_view message) {
    fault_ = {status, message};
    return Progress::kRefused;
}

HeadScanner::Progress HeadScanner::scan(std::string_view bytes) {
    while (scanned_ < bytes.size()) {
        const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
        if (found == nullptr) {
            scanned_ = bytes.size();
            break;
        }
        const auto at = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
        scanned_ = at + 1;
        if (at == line_start_ || bytes[at - 1] != '\r') {
            return refuse(400, "a line ends in a bare LF: end lines with CR LF");
        }
        const bool empty = at - 1 == line_start_;
        if (headers_start_ == 0) {
            if (empty) return refuse(400, "the request line is empty");
            if (at > limits_.max_target_bytes + kRequestLineFrame) {
                return refuse(kTargetTooLong.status, kTargetTooLong.message);
            }
            headers_start_ = scanned_;
        } else if (scanned_ - headers_start_ > limits_.max_header_bytes + kCrLf.size()) {
            return refuse(kHeadersTooLarge.status, kHeadersTooLarge.message);
        }
        line_start_ = scanned_;
        if (empty) return Progress::kComplete;
    }
    if (headers_start_ == 0) {
        if (bytes.size() > limits_.max_target_bytes + kRequestLineFrame) {
            return refuse(kTargetTooLong.status, kTargetTooLong.message);
        }
    } else if (bytes.size() - headers_start_ > limits_.max_header_bytes + kCrLf.size()) {
        return refuse(kHeadersTooLarge.status, kHeadersTooLarge.message);
    }
    return Progress::kMore;
}

void HeadScanner::reset() {
    scanned_ = 0;
    line_start_ = 0;
    headers_start_ = 0;
    fault_ = {};
}

std::optional<HeadFault> parse_head(std::string_view bytes, const HeadLimits& limits, Head& out) {
    out.headers.clear();
    out.framing = BodyFraming::kNone;
    out.content_length = 0;
    out.expect_continue = false;
    if (!bytes.ends_with("\r\n\r\n")) return bad("the request head has no end");
    bytes.remove_suffix(kCrLf.size());

    std::string_view authority;
    bool request_line = true;
    size_t header_bytes = 0;
    while (!bytes.empty()) {
        const size_t end = bytes.find('\r');
        if (end == std::string_view::npos || bytes.substr(end, 2) != kCrLf) {
            return bad("a line holds a bare CR");
        }
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(end + 2);
        if (line.empty()) return bad("an empty line stands inside the request head");
        if (request_line) {
            if (auto fault = parse_request_line(line, limits, out, authority)) return fault;
            request_line = false;
            continue;
        }
        header_bytes += line.size() + kCrLf.size();
        if (header_bytes > limits.max_header_bytes ||
            out.headers.size() == limits.max_header_lines) {
            return kHeadersTooLarge;
        }
        if (auto fault = parse_header_line(line, out)) return fault;
    }
    return read_framing(out, authority);
}

}  // namespace snapgate::net
