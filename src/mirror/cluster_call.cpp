#include "mirror/cluster_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/test_time.h"
#include "connect/cluster_target.h"
#include "net/client/outbound.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;

namespace {

constexpr size_t kMaxAnswerBytes = 8 << 20;
constexpr milliseconds kWaitForPlace{10'000};

// The error for a caller on whose behalf a cluster could not be reached.
Error caller_error(const std::string& cluster, const Error& error) {
    Code code = Code::kClusterUnavailable;
    if (error.code == Code::kTimeout) code = Code::kClusterTimeout;
    if (error.code == Code::kBadPeer || error.code == Code::kTooLarge) code = Code::kBadPeer;
    return {code, fmt::format("cluster \"{}\": {}", cluster, error.message)};
}

net::Awaitable<Result<std::shared_ptr<const connect::ClusterTarget>>> target_of(
    std::shared_ptr<connect::ConnectionSource> source) {
    auto connection = co_await source->current();
    if (!connection) co_return std::move(connection).error();
    co_return source->target_of(*connection);
}

}  // namespace

net::Awaitable<Result<ClusterAnswer>> call_cluster(net::RequestPlaces& places,
                                                   CalledCluster cluster,
                                                   net::ClientRequest request, std::string passed,
                                                   milliseconds timeout) {
    net::RequestPlaces::Who who{fmt::format_int(cluster.number).str(), cluster.project};
    const auto patience = std::min(timeout, base::test_time("place", kWaitForPlace));
    const auto place = co_await places.take(std::move(who), patience);
    if (!place) co_return caller_error(cluster.name, place.error());
    for (bool again = false;; again = true) {
        const auto source = cluster.source();
        auto target = co_await target_of(source);
        if (!target) co_return caller_error(cluster.name, target.error());
        const auto begun = std::chrono::steady_clock::now();
        const net::ClientRequest sent = (*target)->as_sent(request, passed);
        auto heard =
            co_await net::exchange_heard((*target)->server, sent, timeout, kMaxAnswerBytes);
        const auto took = std::chrono::steady_clock::now() - begun;
        if (!heard) {
            source->calls().failed(took);
            co_return caller_error(cluster.name, heard.error());
        }
        source->calls().answered(heard->response, took);
        ClusterAnswer answer{std::move(heard->response), {}};
        auto readable = connect::check_readable(answer);
        if (!readable && request.method != "HEAD") {
            answer.body.clear();
            // What a refusal means, its status says.
            if (answer.status / 100 == 2) heard->fault = std::move(readable).error();
        }
        if (heard->fault) {
            const bool done = answer.status / 100 == 2 && request.method != "GET";
            if (!done) co_return caller_error(cluster.name, *heard->fault);
            answer.lost = heard->fault->message;
        }
        if (answer.status != 401) co_return answer;
        if (!again) {
            const bool renewed = source->refused();
            // Another source that came meanwhile was refused nothing.
            if (renewed || cluster.source() != source) continue;
        }
        // The caller's own key is good; the cluster refuses the server's credentials.
        co_return Error(Code::kBadPeer,
                        fmt::format("cluster \"{}\" does not accept the credentials that are kept "
                                    "for it: set its kubeconfig",
                                    cluster.name));
    }
}

}  // namespace snapgate::mirror
