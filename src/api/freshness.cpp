#include "api/freshness.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/call.h"
#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::api {
namespace {

using base::Result;

// The next element of a list whose values may be quoted; takes it off `rest`.
std::string_view next_directive(std::string_view& rest) {
    bool quoted = false;
    size_t end = 0;
    for (; end < rest.size(); ++end) {
        if (quoted && rest[end] == '\\') {
            ++end;
        } else if (rest[end] == '"') {
            quoted = !quoted;
        } else if (rest[end] == ',' && !quoted) {
            break;
        }
    }
    end = std::min(end, rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return net::trim_blanks(one);
}

std::optional<int64_t> parse_seconds(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    if (text.empty()) return std::nullopt;
    int64_t seconds = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        seconds = std::min(seconds * 10 + (c - '0'), objects::kMostAgeSeconds);
    }
    return seconds;
}

}  // namespace

std::optional<int64_t> wanted_max_age(const net::Request& request) {
    std::optional<int64_t> smallest;
    for (const net::Header& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, "Cache-Control")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::string_view directive = next_directive(rest);
            const size_t equals = std::min(directive.find('='), directive.size());
            if (base::equal_ignoring_case(directive, "no-cache")) smallest = 0;
            if (equals == directive.size()) continue;
            const std::string_view name = net::trim_blanks(directive.substr(0, equals));
            if (!base::equal_ignoring_case(name, "max-age")) continue;
            const auto seconds = parse_seconds(net::trim_blanks(directive.substr(equals + 1)));
            if (seconds) smallest = std::min(smallest.value_or(*seconds), *seconds);
        }
    }
    return smallest;
}

void add_headers(const objects::Freshness& freshness, Side side, net::Response& response) {
    if (freshness.stale || freshness.age_seconds > 0)
        response.add_header("Age", fmt::format_int(freshness.age_seconds).str());
    if (!freshness.stale) return;
    if (side == Side::kPalette) {
        response.add_header("Warning", "110 - \"Response is Stale\"");
    } else {
        response.add_header("Warning", fmt::format("299 - \"{}\"", freshness.text));
    }
}

net::Awaitable<Result<void>> check_freshness(Call& call, const cluster::Cluster& cluster,
                                             model::Kind kind) {
    SNAPGATE_CO_ASSIGN(call.freshness, co_await objects::read_freshness(
                                           call.services.store, call.services.mirrors, cluster,
                                           kind, wanted_max_age(call.request)));
    if (call.freshness) add_headers(*call.freshness, call.side, call.response);
    co_return Result<void>();
}

}  // namespace snapgate::api
