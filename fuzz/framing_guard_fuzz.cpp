// What the framing guard accepts has exactly one reading: a second, sloppy reader (as proxies have
// been) finds the same lines and the same framing, pieces do not matter, and written out again it
// parses to the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "input.h"
#include "net/http/framing_guard.h"

namespace {

using namespace snapgate::net;
using snapgate::fuzz::check;

// A header's name as a sloppy reader takes it: letters in lower case, nothing but letters, digits
// and '-'.
std::string sloppy_name(std::string_view line) {
    std::string name;
    for (const char c : line.substr(0, line.find(':'))) {
        if (c >= 'A' && c <= 'Z') {
            name.push_back(static_cast<char>(c - 'A' + 'a'));
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') {
            name.push_back(c);
        }
    }
    return name;
}

// Lines as a reader takes them that ends one at any CR or LF.
std::vector<std::string_view> sloppy_lines(std::string_view head) {
    std::vector<std::string_view> lines;
    size_t start = 0;
    for (size_t i = 0; i < head.size(); ++i) {
        if (head[i] != '\r' && head[i] != '\n') continue;
        if (i > start) lines.push_back(head.substr(start, i - start));
        start = i + 1;
    }
    return lines;
}

void compare_with_sloppy_reader(std::string_view bytes, const Head& head) {
    check(bytes.find('\0') == std::string_view::npos, "no NUL is let through");
    const auto lines = sloppy_lines(bytes);
    check(lines.size() == head.headers.size() + 1, "a sloppy reader finds the same lines");
    size_t lengths = 0;
    size_t codings = 0;
    size_t hosts = 0;
    uint64_t length = 0;
    for (size_t i = 1; i < lines.size(); ++i) {
        check(lines[i].front() != ' ' && lines[i].front() != '\t', "no folded line is let through");
        // Characters that a sloppy reader drops are part of another name for us: only where nothing
        // is dropped do both mean the same header.
        const std::string name = sloppy_name(lines[i]);
        if (name.size() != lines[i].find(':')) continue;
        const std::string value(lines[i].substr(lines[i].find(':') + 1));
        if (name == "content-length") {
            ++lengths;
            length = std::strtoull(value.c_str(), nullptr, 10);
        } else if (name == "transfer-encoding") {
            ++codings;
            check(value.find("chunked") != std::string::npos, "no unknown coding is let through");
        } else if (name == "host") {
            ++hosts;
        }
    }
    check(lengths + codings <= 1, "there is one framing");
    check(hosts == 1 || (hosts == 0 && head.minor_version == 0), "there is one host");
    check((head.framing == BodyFraming::kChunked) == (codings == 1),
          "a sloppy reader finds the same framing");
    check(length == head.content_length, "a sloppy reader finds the same length");
    check((head.framing == BodyFraming::kLength) == (length > 0), "a length is used");
}

void compare_with_itself_written_out(const Head& head, const HeadLimits& limits) {
    std::string bytes(head.method);
    bytes.append(" ").append(head.target);
    bytes.append(head.minor_version == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const Header& one : head.headers) {
        bytes.append(one.name).append(":").append(one.value).append("\r\n");
    }
    bytes.append("\r\n");
    Head again;
    check(!parse_head(bytes, limits, again), "what is written out again is accepted");
    check(again.method == head.method && again.target == head.target && again.path == head.path &&
              again.query == head.query && again.minor_version == head.minor_version &&
              again.framing == head.framing && again.content_length == head.content_length &&
              again.keep_alive == head.keep_alive &&
              again.expect_continue == head.expect_continue &&
              again.headers.size() == head.headers.size(),
          "another reading when written out again");
    for (size_t i = 0; i < head.headers.size(); ++i) {
        check(again.headers[i].name == head.headers[i].name &&
                  again.headers[i].value == head.headers[i].value,
              "another header when written out again");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes = snapgate::fuzz::text_of(data, size);
    const HeadLimits limits{
        .max_target_bytes = 256, .max_header_bytes = 1024, .max_header_lines = 20};
    HeadScanner at_once(limits);
    const auto progress = at_once.scan(bytes);
    HeadScanner by_bytes(limits);
    auto slow = HeadScanner::Progress::kMore;
    for (size_t have = 1; have <= size && slow == HeadScanner::Progress::kMore; ++have) {
        slow = by_bytes.scan(bytes.substr(0, have));
    }
    check(progress == slow, "pieces do not change what is accepted");
    Head head;
    if (progress != HeadScanner::Progress::kComplete) {
        // Must be safe on anything.
        if (parse_head(bytes, limits, head)) return 0;
        check(false, "a head has an end");
    }
    check(at_once.size() == by_bytes.size(), "pieces do not change where it ends");
    const std::string_view whole = bytes.substr(0, at_once.size());
    if (parse_head(whole, limits, head)) return 0;
    compare_with_sloppy_reader(whole, head);
    compare_with_itself_written_out(head, limits);
    return 0;
}
