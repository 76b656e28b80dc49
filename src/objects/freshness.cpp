#include "objects/freshness.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/count_text.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kMostReasonBytes = 256;

int64_t age_ms(const mirror::MirrorStatus& status, int64_t now_ms) {
    return now_ms - std::max(status.confirmed_ms, status.synced_ms);
}

// What can stand between quotes anywhere.
std::string plain_text(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kMostReasonBytes)) {
        const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        out += plain ? c : '?';
    }
    return out;
}

Result<mirror::MirrorStatus> status_of(const store::Store& store, const mirror::Mirrors& mirrors,
                                       const cluster::Cluster& cluster, model::Kind kind) {
    return last_status(store, mirrors, cluster.number_of(kind), cluster.uid);
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

Result<mirror::MirrorStatus> last_status(const store::Store& store, const mirror::Mirrors& mirrors,
                                         model::ClusterNumber number,
                                         std::string_view cluster_uid) {
    if (auto status = mirrors.status(number)) return std::move(*status);
    SNAPGATE_ASSIGN(const auto head, store.read().head(number));
    if (!head) return cluster::no_such_cluster(cluster_uid);
    mirror::MirrorStatus status;
    status.has_synced = !head->decimal;
    status.confirmed_ms = head->since_ms;
    return status;
}

Result<Freshness> judge_freshness(const mirror::MirrorStatus& status, std::string_view cluster_name,
                                  std::optional<int64_t> max_age, int64_t now_ms) {
    if (!status.has_synced) {
        return Error(
            Code::kClusterUnavailable,
            fmt::format("nothing is known yet of what cluster \"{}\" holds: it is {}; try again",
                        cluster_name, describe(status)));
    }
    Freshness freshness;
    freshness.age_seconds = std::clamp<int64_t>(age_ms(status, now_ms) / 1000, 0, kMostAgeSeconds);
    if (status.ready()) return freshness;
    freshness.stale = true;
    const std::string age = base::counted(static_cast<uint64_t>(freshness.age_seconds), "second");
    if (max_age && freshness.age_seconds > *max_age) {
        return Error(Code::kClusterTimeout,
                     fmt::format("what is known of cluster \"{}\" is {} old, and max-age={} was "
                                 "asked for: it is {}; try again, or take older states",
                                 cluster_name, age, *max_age, describe(status)));
    }
    freshness.text = plain_text(fmt::format("cluster {} is {}: this is its state of {} ago",
                                            cluster_name, describe_briefly(status), age));
    return freshness;
}

Result<std::optional<Freshness>> look_at_freshness(const store::Store& store,
                                                   const mirror::Mirrors& mirrors,
                                                   const cluster::Cluster& cluster,
                                                   model::Kind kind) {
    if (!cluster.connected()) return std::optional<Freshness>();
    SNAPGATE_ASSIGN(const auto status, status_of(store, mirrors, cluster, kind));
    SNAPGATE_ASSIGN(auto freshness,
                    judge_freshness(status, cluster.name, std::nullopt, store.now_ms()));
    return std::optional<Freshness>(std::move(freshness));
}

net::Awaitable<Result<std::optional<Freshness>>> read_freshness(const store::Store& store,
                                                                mirror::Mirrors& mirrors,
                                                                const cluster::Cluster& cluster,
                                                                model::Kind kind,
                                                                std::optional<int64_t> max_age) {
    if (!cluster.connected()) co_return std::optional<Freshness>();
    SNAPGATE_CO_ASSIGN(auto status, status_of(store, mirrors, cluster, kind));
    if (max_age && is_ready(status) && age_ms(status, store.now_ms()) > *max_age * 1000) {
        auto confirmed = co_await mirrors.confirm(cluster.number_of(kind));
        if (!confirmed) {
            co_return not_confirmed(status, cluster.name, *max_age, store.now_ms(),
                                    confirmed.error());
        }
        SNAPGATE_CO_ASSIGN(status, status_of(store, mirrors, cluster, kind));
    }
    SNAPGATE_CO_ASSIGN(auto freshness,
                       judge_freshness(status, cluster.name, max_age, store.now_ms()));
    co_return std::optional<Freshness>(std::move(freshness));
}

}  // namespace snapgate::objects
