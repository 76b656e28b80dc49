#include "objects/cluster_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/utf8.h"
#include "json/cluster_answers.h"
#include "model/api_names.h"

namespace snapgate::objects {

using base::Code;
using base::Error;

namespace {

// Clients are told what the cluster asks for, unless it is absurd. The mirror itself never waits as
// long (mirror/setback.h).
constexpr std::chrono::seconds kMostRetryAfter{3600};
constexpr size_t kMostMessageBytes = 4096;

Code code_of(unsigned status, bool already_exists) {
    switch (status) {
        case 400:
            return Code::kInvalidBody;
        case 403:
            return Code::kForbidden;
        case 404:
            return Code::kNotFound;
        case 409:
            return already_exists ? Code::kAlreadyExists : Code::kConflict;
        case 410:
            return Code::kExpired;
        case 413:
            return Code::kTooLarge;
        case 415:
            return Code::kUnsupportedMediaType;
        case 422:
            return Code::kInvalid;
        case 429:
        case 503:
            return Code::kClusterUnavailable;
        case 504:
            return Code::kClusterTimeout;
        case 508:
            return Code::kLoopDetected;
        default:
            return Code::kBadPeer;
    }
}

}  // namespace

std::string bare_answer_message(const cluster::Cluster& cluster, unsigned status,
                                model::Kind kind) {
    if (status == 404 && kind == model::Kind::kSnapshot) {
        return fmt::format(
            "KubeVirt's snapshots are not installed in cluster \"{}\": it serves no "
            "snapshot.kubevirt.io",
            cluster.name);
    }
    if (status == 429) {
        return fmt::format("cluster \"{}\" has too many requests at the moment (429): try again",
                           cluster.name);
    }
    if (status == 502 || status == 503 || status == 504) {
        return fmt::format("cluster \"{}\" does not answer requests at the moment ({}): try again",
                           cluster.name, status);
    }
    return fmt::format(
        "cluster \"{}\" answered {}, and not as a Kubernetes API server does: check the server's "
        "address in its kubeconfig, and what stands between",
        cluster.name, status);
}

Error cluster_refused(const cluster::Cluster& cluster, const net::ClientResponse& answer) {
    const auto status = json::read_status(answer.body);
    if (!status) {
        // What it means is known of few: a proxy's 404 or 403 is not about the snapshot.
        const Code code = answer.status == 413 || answer.status == 429 || answer.status >= 503
                              ? code_of(answer.status, false)
                              : Code::kBadPeer;
        Error error(code, bare_answer_message(cluster, answer.status, model::Kind::kSnapshot));
        error.retry_after_seconds = retry_after_seconds(answer);
        return error;
    }
    Error error(code_of(answer.status, status->reason == "AlreadyExists"),
                fmt::format("cluster \"{}\": {}", cluster.name,
                            status->message.empty()
                                ? fmt::format("it answered {} {}", answer.status, status->reason)
                                : std::string(base::clip(status->message, kMostMessageBytes))));
    error.retry_after_seconds = retry_after_seconds(answer);
    error.causes = status->causes;
    error.about = base::About{status->group, status->kind, status->name, status->uid};
    return error;
}

Error answer_lost(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer) {
    return {
        Code::kBadPeer,
        fmt::format("cluster \"{}\" did what it was asked for ({}), but its answer did not come "
                    "whole: {}: look at what is there before you ask again",
                    cluster.name, answer.status, answer.lost)};
}

json::Object deletion_done(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer,
                           json::Object details) {
    return {
        {"kind", "Status"},
        {"apiVersion", "v1"},
        {"metadata", json::Object()},
        {"status", "Success"},
        {"message", fmt::format("cluster \"{}\" did the deletion; what it answered is left out: {}",
                                cluster.name, answer.lost)},
        {"details", std::move(details)}};
}

std::optional<unsigned> retry_after_seconds(const net::ClientResponse& answer) {
    const auto wanted = answer.retry_after(kMostRetryAfter);
    if (!wanted) return std::nullopt;
    return std::max(static_cast<unsigned>(wanted->count()), 1U);
}

json::ApiVersionChange between_versions(std::string_view from, std::string_view to) {
    return {fmt::format("{}/{}", model::kSnapshotGroup, from),
            fmt::format("{}/{}", model::kSnapshotGroup, to)};
}

}  // namespace snapgate::objects
