#include "app/cluster_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "connect/cluster_target.h"

namespace snapgate::app {
namespace {

using base::MetricText;
using base::MetricType;
using connect::CallCounts;
using mirror::MirrorState;
using mirror::MirrorStatus;

constexpr std::array kStates = {
    MirrorState::kPending,      MirrorState::kSyncing,      MirrorState::kReady,
    MirrorState::kUnreachable,  MirrorState::kUnauthorized, MirrorState::kForbidden,
    MirrorState::kNotInstalled, MirrorState::kFailing,
};

struct Count {
    std::string_view name;
    std::string_view help;
    uint64_t MirrorStatus::* member;
};

constexpr std::array kCounts = {
    Count{"snapgate_mirror_syncs_total", "Whole lists published: the first one, and relists",
          &MirrorStatus::syncs},
    Count{"snapgate_mirror_watches_total",
          "Watches opened: the first one, and those that took the place of one that ended",
          &MirrorStatus::watches},
    Count{"snapgate_mirror_events_total", "Watch events taken in", &MirrorStatus::events},
    Count{"snapgate_mirror_failures_total", "Attempts that failed", &MirrorStatus::failures},
    Count{"snapgate_mirror_checks_total", "Self-checks made", &MirrorStatus::checks},
    Count{"snapgate_mirror_differences_total", "Self-checks that found the mirror different",
          &MirrorStatus::differences},
    Count{"snapgate_mirror_skipped_objects", "Objects that cannot be shown",
          &MirrorStatus::skipped},
};

constexpr std::array<std::string_view, CallCounts::kOutcomes> kOutcomes = {"none", "2xx", "3xx",
                                                                           "4xx", "5xx"};

// The earliest of several times; nullopt for none.
struct Earliest {
    std::optional<int64_t> ms;

    void add(int64_t time_ms) {
        if (time_ms > 0) ms = std::min(ms.value_or(time_ms), time_ms);
    }
};

// What is known of the connected clusters of one owner.
struct Connected {
    const cluster::MetricOwners::Owner* owner = nullptr;
    std::array<uint64_t, kStates.size()> by_state{};
    std::array<uint64_t, kCounts.size()> counts{};
    Earliest confirmed;
    Earliest changed;  // to the present state
    CallCounts::Counts calls;
    double clock_offset = 0;  // of the cluster that is off most
    bool has_clock = false;
    std::map<std::string_view, Earliest> credentials;
    Earliest server_certificate;

    void add(const MirrorStatus& status) {
        const auto state = std::ranges::find(kStates, status.state) - kStates.begin();
        ++by_state.at(static_cast<size_t>(state));
        for (size_t i = 0; i < kCounts.size(); ++i) counts.at(i) += status.*kCounts.at(i).member;
        confirmed.add(status.confirmed_ms);
        changed.add(status.since_ms);
    }

    void add(connect::ConnectionSource& source) {
        const CallCounts::Counts more = source.calls().counts();
        calls.add(more);
        has_clock |= more.has_clock;
        if (more.has_clock && std::abs(more.clock_offset_seconds) >= std::abs(clock_offset))
            clock_offset = more.clock_offset_seconds;
        const auto target = source.last_target();
        if (!target) return;
        server_certificate.add(target->server->server_certificate_expires_ms());
        if (source.renews()) return;
        credentials["client-certificate"].add(target->server->client_certificate_expires_ms());
        credentials["token"].add(target->token_expires_ms);
    }
};

std::vector<Connected> connected_of(const cluster::MetricOwners& owners,
                                    const mirror::Mirrors& mirrors) {
    std::vector<Connected> all;
    for (const cluster::MetricOwners::Owner& owner : owners.owners()) {
        Connected one;
        for (const cluster::Cluster* cluster : owner.clusters) {
            if (!cluster->connected()) continue;
            one.owner = &owner;
            one.add(mirrors.status(cluster->number).value_or(MirrorStatus()));
            if (const auto source = mirrors.source(cluster->number)) one.add(*source);
        }
        if (one.owner != nullptr) all.push_back(std::move(one));
    }
    return all;
}

void append_objects(const cluster::MetricOwners& owners, const store::Store& store,
                    MetricText& text) {
    text.family("snapgate_objects", "VM snapshots at the head", MetricType::kGauge);
    const store::ReadView view = store.read();
    for (const cluster::MetricOwners::Owner& owner : owners.owners()) {
        uint64_t objects = 0;
        bool counted = true;
        for (const cluster::Cluster* cluster : owner.clusters) {
            const auto count = view.count(cluster->number, model::Kind::kSnapshot);
            counted = counted && count;
            if (count) objects += *count;
        }
        if (counted) text.value(static_cast<double>(objects), owner.labels);
    }
}

void append_imports(const cluster::MetricOwners& owners, int64_t now_ms, MetricText& text) {
    text.family(
        "snapgate_import_completed_timestamp_seconds",
        "When the newest import into a hosted cluster ended, since the epoch; absent before "
        "the first one; of several, the earliest",
        MetricType::kGauge);
    for (const cluster::MetricOwners::Owner& owner : owners.owners()) {
        Earliest imported;
        for (const cluster::Cluster* cluster : owner.clusters)
            imported.add(cluster->imported_by(now_ms));
        if (imported.ms) text.value(static_cast<double>(*imported.ms) / 1000, owner.labels);
    }
    text.family("snapgate_hosted_overdue",
                "Hosted clusters that were not imported into for longer than is expected of them; "
                "absent where nothing is expected",
                MetricType::kGauge);
    for (const cluster::MetricOwners::Owner& owner : owners.owners()) {
        bool expected = false;
        uint64_t overdue = 0;
        for (const cluster::Cluster* cluster : owner.clusters) {
            expected |= cluster->imports.expected();
            overdue += cluster->import_overdue(now_ms) ? 1 : 0;
        }
        if (expected) text.value(static_cast<double>(overdue), owner.labels);
    }
}

void append_clusters(const cluster::MetricOwners& owners, MetricText& text) {
    text.family("snapgate_clusters", "Clusters in the registry, by type", MetricType::kGauge);
    std::vector<std::array<uint64_t, 2>> counts(owners.projects().size());
    for (const cluster::MetricOwners::Owner& owner : owners.owners())
        for (const cluster::Cluster* one : owner.clusters)
            ++counts.at(owner.project).at(one->connected() ? 1 : 0);
    for (size_t i = 0; i < counts.size(); ++i) {
        for (const auto type : {cluster::ClusterType::kHosted, cluster::ClusterType::kConnected}) {
            const size_t place = type == cluster::ClusterType::kConnected ? 1 : 0;
            text.value(static_cast<double>(counts.at(i).at(place)), owners.projects().at(i), "type",
                       to_text(type));
        }
    }
}

void append_mirrors(const std::vector<Connected>& connected, int64_t now_ms, MetricText& text) {
    text.family("snapgate_mirror_state", "Mirrors of connected clusters, by their state",
                MetricType::kGauge);
    for (const Connected& one : connected) {
        for (size_t i = 0; i < kStates.size(); ++i)
            text.value(static_cast<double>(one.by_state.at(i)), one.owner->labels, "state",
                       to_text(kStates.at(i)));
    }
    text.family("snapgate_mirror_state_timestamp_seconds",
                "Since when a mirror is in its state, since the epoch; of several, the earliest",
                MetricType::kGauge);
    for (const Connected& one : connected)
        if (one.changed.ms)
            text.value(static_cast<double>(*one.changed.ms) / 1000, one.owner->labels);
    text.family("snapgate_mirror_age_seconds",
                "Since a mirror was last known to be what its cluster has; absent before the first "
                "sync; of several, the oldest",
                MetricType::kGauge);
    for (const Connected& one : connected) {
        if (!one.confirmed.ms) continue;
        const int64_t age_ms = std::max<int64_t>(0, now_ms - *one.confirmed.ms);
        text.value(static_cast<double>(age_ms) / 1000, one.owner->labels);
    }
    for (size_t i = 0; i < kCounts.size(); ++i) {
        const std::string_view name = kCounts.at(i).name;
        text.family(name, kCounts.at(i).help,
                    name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge);
        for (const Connected& one : connected)
            text.value(static_cast<double>(one.counts.at(i)), one.owner->labels);
    }
}

void append_calls(const std::vector<Connected>& connected, MetricText& text) {
    text.family("snapgate_upstream_requests_total",
                "Requests to connected clusters, by the status of the answer; none: no answer came",
                MetricType::kCounter);
    for (const Connected& one : connected) {
        for (size_t i = 0; i < kOutcomes.size(); ++i)
            text.value(static_cast<double>(one.calls.by_outcome.at(i)), one.owner->labels, "code",
                       kOutcomes.at(i));
    }
    text.family("snapgate_upstream_request_duration_seconds",
                "Time from a request to a connected cluster to the head of its answer, or to its "
                "failure",
                MetricType::kSummary);
    for (const Connected& one : connected) {
        uint64_t requests = 0;
        for (const uint64_t count : one.calls.by_outcome) requests += count;
        text.summary(one.calls.seconds, requests, one.owner->labels);
    }
    text.family("snapgate_upstream_clock_offset_seconds",
                "How far a connected cluster's clock is ahead of this server's, exact to a second; "
                "of several, the one that is off most",
                MetricType::kGauge);
    for (const Connected& one : connected)
        if (one.has_clock) text.value(one.clock_offset, one.owner->labels);
}

void append_expiries(const std::vector<Connected>& connected, MetricText& text) {
    text.family("snapgate_upstream_credential_expiry_timestamp_seconds",
                "When credentials for a connected cluster expire that are not renewed by "
                "themselves, since the epoch; of several, the first",
                MetricType::kGauge);
    for (const Connected& one : connected) {
        for (const auto& [credential, expiry] : one.credentials) {
            if (expiry.ms)
                text.value(static_cast<double>(*expiry.ms) / 1000, one.owner->labels, "credential",
                           credential);
        }
    }
    text.family("snapgate_upstream_certificate_expiry_timestamp_seconds",
                "When the certificate expires that a connected cluster showed last, since the "
                "epoch; of several, the first",
                MetricType::kGauge);
    for (const Connected& one : connected) {
        if (one.server_certificate.ms)
            text.value(static_cast<double>(*one.server_certificate.ms) / 1000, one.owner->labels);
    }
}

}  // namespace

void append_cluster_metrics(const cluster::MetricOwners& owners, const mirror::Mirrors& mirrors,
                            const store::Store& store, MetricText& text) {
    append_clusters(owners, text);
    append_objects(owners, store, text);
    const std::vector<Connected> connected = connected_of(owners, mirrors);
    append_imports(owners, store.now_ms(), text);
    append_mirrors(connected, store.now_ms(), text);
    append_calls(connected, text);
    append_expiries(connected, text);
}

}  // namespace snapgate::app
