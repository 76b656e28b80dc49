#include "connect/passed_servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kIdBytes = 16;
// The most characters of an id. Another version of snapgate may make longer ids than this one.
constexpr size_t kMostIdLength = 64;
// The longest chain. A server that follows another is a chain of two.
constexpr size_t kMostServers = 16;

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kMostIdLength && std::ranges::all_of(text, [](char c) {
        return base::is_letter_or_digit(c) || c == '-';
    });
}

Error no_list() {
    return {Code::kInvalidParameter,
            fmt::format("the header {} is no list of servers: ids of at most {} letters, digits "
                        "and -, separated by commas",
                        kPassedServersHeader, kMostIdLength),
            std::string(kPassedServersHeader)};
}

Error is_loop() {
    return {Code::kLoopDetected,
            "the request came back to this server: the cluster's connection leads, itself or by "
            "way of other servers, to this one; connect the cluster that it is meant for"};
}

Error is_too_long() {
    return {Code::kLoopDetected,
            fmt::format("the request has passed {} servers, one after the other, and goes no "
                        "further: connect the cluster without so many between",
                        kMostServers)};
}

}  // namespace

std::string server_id(std::string_view store_id) {
    return base::hex(base::hmac_sha256(store_id, kPassedServersHeader).substr(0, kIdBytes));
}

Result<std::string> read_passed_servers(const net::Request& request, std::string_view this_server) {
    std::string passed;
    size_t count = 0;
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, kPassedServersHeader)) continue;
        std::string_view rest = header.value;
        for (bool more = true; more;) {
            const size_t comma = rest.find(',');
            const std::string_view id = net::trim_blanks(rest.substr(0, comma));
            more = comma != std::string_view::npos;
            if (more) rest.remove_prefix(comma + 1);
            if (!is_id(id)) return no_list();
            if (id == this_server) return is_loop();
            if (++count >= kMostServers) return is_too_long();
            passed = passed_with(passed, id);
        }
    }
    return passed;
}

std::string passed_with(std::string_view before, std::string_view this_server) {
    if (before.empty()) return std::string(this_server);
    return fmt::format("{}, {}", before, this_server);
}

}  // namespace snapgate::connect
