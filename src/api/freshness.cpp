#include "api/freshness.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "api/call.h"
#include "base/count_text.h"
#include "net/http/header_values.h"

namespace snapgate::api {
namespace {

using base::Code;
using base::Error;
using base::Result;

// As RFC 9111 has it for what is beyond what can be counted.
constexpr int64_t kMostSeconds = int64_t{1} << 31;
constexpr size_t kMostReasonBytes = 256;

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
        seconds = std::min(seconds * 10 + (c - '0'), kMostSeconds);
    }
    return seconds;
}

int64_t age_ms(const mirror::MirrorStatus& status, int64_t now_ms) {
    return now_ms - std::max(status.confirmed_ms, status.synced_ms);
}

// "Unreachable (ConnectionRefused)".
std::string shown_state(const mirror::MirrorStatus& status) {
    std::string text(mirror::to_text(status.state));
    if (!status.reason.empty()) text += fmt::format(" ({})", status.reason);
    return text;
}

// What can stand between the quotes of a header.
std::string header_text(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kMostReasonBytes)) {
        const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        out += plain ? c : '?';
    }
    return out;
}

// A cluster that nobody follows (yet) is shown as it was last.
Result<mirror::MirrorStatus> status_of(const Services& services, const cluster::Cluster& cluster) {
    if (auto status = services.connections.status(cluster.number)) return std::move(*status);
    SNAPGATE_ASSIGN(const auto head, services.store.read().head(cluster.number));
    if (!head) return cluster::no_such_cluster(cluster.uid);
    mirror::MirrorStatus status;
    status.has_synced = !head->decimal;
    status.confirmed_ms = head->since_ms;
    return status;
}

bool is_ready(const mirror::MirrorStatus& status) {
    return status.has_synced && status.ready();
}

Error not_confirmed(const mirror::MirrorStatus& status, std::string_view cluster_name,
                    int64_t max_age, int64_t now_ms, const Error& why) {
    return {Code::kClusterTimeout,
            fmt::format("what is known of cluster \"{}\" is {} seconds old, max-age={} was asked "
                        "for, and it could not be confirmed: {}; try again, or take older states",
                        cluster_name, std::max<int64_t>(age_ms(status, now_ms) / 1000, 0), max_age,
                        why.message)};
}

}  // namespace

std::optional<int64_t> wanted_max_age(const net::Request& request) {
    std::optional<int64_t> smallest;
    for (const net::Header& header : request.headers) {
        if (!net::equals_ignoring_case(header.name, "Cache-Control")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::string_view directive = next_directive(rest);
            const size_t equals = std::min(directive.find('='), directive.size());
            if (net::equals_ignoring_case(directive, "no-cache")) smallest = 0;
            if (equals == directive.size()) continue;
            const std::string_view name = net::trim_blanks(directive.substr(0, equals));
            if (!net::equals_ignoring_case(name, "max-age")) continue;
            const auto seconds = parse_seconds(net::trim_blanks(directive.substr(equals + 1)));
            if (seconds) smallest = std::min(smallest.value_or(*seconds), *seconds);
        }
    }
    return smallest;
}

Result<Freshness> judge_freshness(const mirror::MirrorStatus& status, std::string_view cluster_name,
                                  std::optional<int64_t> max_age, int64_t now_ms) {
    if (!status.has_synced) {
        return Error(
            Code::kClusterUnavailable,
            fmt::format(
                "nothing is known yet of what cluster \"{}\" holds: it is {}{}{}; try again",
                cluster_name, shown_state(status), status.message.empty() ? "" : ": ",
                status.message));
    }
    Freshness freshness;
    freshness.age_seconds = std::clamp<int64_t>(age_ms(status, now_ms) / 1000, 0, kMostSeconds);
    if (status.ready()) return freshness;
    freshness.stale = true;
    const std::string age = base::counted(static_cast<uint64_t>(freshness.age_seconds), "second");
    if (max_age && freshness.age_seconds > *max_age) {
        return Error(Code::kClusterTimeout,
                     fmt::format("what is known of cluster \"{}\" is {} old, and max-age={} was "
                                 "asked for: it is {}{}{}; try again, or take older states",
                                 cluster_name, age, *max_age, shown_state(status),
                                 status.message.empty() ? "" : ": ", status.message));
    }
    freshness.text = header_text(fmt::format("cluster {} is {}: this is its state of {} ago",
                                             cluster_name, shown_state(status), age));
    return freshness;
}

void add_headers(const Freshness& freshness, Side side, net::Response& response) {
    if (freshness.stale || freshness.age_seconds > 0)
        response.add_header("Age", fmt::format_int(freshness.age_seconds).str());
    if (!freshness.stale) return;
    if (side == Side::kPalette) {
        response.add_header("Warning", "110 - \"Response is Stale\"");
    } else {
        response.add_header("Warning", fmt::format("299 - \"{}\"", freshness.text));
    }
}

net::Awaitable<Result<void>> vouch_for_mirror(Call& call, const cluster::Cluster& cluster) {
    if (!cluster.connected()) co_return Result<void>();
    const store::Store& store = call.services.store;
    auto status = status_of(call.services, cluster);
    if (!status) co_return std::move(status).error();
    const auto max_age = wanted_max_age(call.request);
    if (max_age && is_ready(*status) && age_ms(*status, store.now_ms()) > *max_age * 1000) {
        auto confirmed = co_await call.services.connections.confirm(cluster.number);
        if (!confirmed) {
            co_return not_confirmed(*status, cluster.name, *max_age, store.now_ms(),
                                    confirmed.error());
        }
        status = status_of(call.services, cluster);
        if (!status) co_return std::move(status).error();
    }
    SNAPGATE_CO_ASSIGN(auto freshness,
                       judge_freshness(*status, cluster.name, max_age, store.now_ms()));
    add_headers(freshness, call.side, call.response);
    call.words.freshness = std::move(freshness);
    co_return Result<void>();
}

}  // namespace snapgate::api
