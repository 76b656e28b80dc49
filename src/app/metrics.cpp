#include "app/metrics.h"

#include <prometheus/text_serializer.h>

#include <functional>
#include <sstream>

#include "app/cluster_metrics.h"
#include "app/process_metrics.h"
#include "app/replica_metrics.h"
#include "app/store_metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metric_text.h"

namespace snapgate::app {
namespace {

using base::MetricLabels;
using base::MetricText;
using base::MetricType;

// From the budget of a page (tens of microseconds) to a client's patience.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

int64_t wall_from_steady_ms() {
    return base::system_clock().now_ms() - base::system_clock().steady_ms();
}

void append_connections(const net::ServerStatistics& server, MetricText& text) {
    const auto number = [&](std::string_view name, std::string_view help, MetricType type,
                            uint64_t value) {
        text.single(name, help, type, static_cast<double>(value));
    };
    number("snapgate_connections", "Connections open now", MetricType::kGauge,
           server.connections_open);
    number("snapgate_connections_accepted_total", "Connections accepted", MetricType::kCounter,
           server.connections_accepted);
    number("snapgate_connections_refused_total", "Connections refused above the cap",
           MetricType::kCounter, server.connections_refused);
    number("snapgate_connections_slow_total",
           "Connections ended because the client was too slow at its handshake, its request, or at "
           "taking an answer",
           MetricType::kCounter, server.connections_slow);
    number("snapgate_held_bytes",
           "Bytes that requests hold now, of bodies and of answers that wait for their clients",
           MetricType::kGauge, server.held_bytes);
    number("snapgate_held_bytes_limit", "Bytes that requests may hold", MetricType::kGauge,
           server.held_bytes_most);
    text.family("snapgate_held_refused_total",
                "Requests refused because all requests, or those of their key, held as many bytes "
                "as they may",
                MetricType::kCounter);
    text.value(static_cast<double>(server.held_refused), MetricLabels().add("by", "server"));
    text.value(static_cast<double>(server.held_refused_of_keys), MetricLabels().add("by", "key"));
}

void append_garbage(const objects::GarbageCollector& garbage, MetricText& text) {
    text.single("snapgate_garbage_removed_total",
                "Snapshots that the garbage collector removed since the start",
                MetricType::kCounter, static_cast<double>(garbage.removed()));
    text.single("snapgate_garbage_updated_total",
                "Changes that the garbage collector made to snapshots since the start: marks of a "
                "deletion, owner references and finalizers taken away",
                MetricType::kCounter, static_cast<double>(garbage.updated()));
}

void append_audit(const audit::TrailStatistics& trail, MetricText& text) {
    const auto number = [&](std::string_view name, std::string_view help, MetricType type,
                            uint64_t value) {
        text.single(name, help, type, static_cast<double>(value));
    };
    number("snapgate_audit_lines_total",
           "Lines of the audit trail that were written since the start", MetricType::kCounter,
           trail.written);
    number("snapgate_audit_lines_dropped_total",
           "Lines of the audit trail that were dropped since the start, because they could not be "
           "written for too long",
           MetricType::kCounter, trail.dropped);
    number("snapgate_audit_refusals_lost_total",
           "Lines about refusals that found no room since the start", MetricType::kCounter,
           trail.lost);
    number("snapgate_audit_waiting_bytes",
           "Bytes of lines that wait in the store, while they cannot be written",
           MetricType::kGauge, trail.waiting_bytes);
    number("snapgate_audit_failing", "1 while lines of the audit trail cannot be written",
           MetricType::kGauge, trail.failing ? 1 : 0);
}

void append_certificates(const Certificates& certificates, MetricText& text) {
    text.family("snapgate_certificate_expiry_timestamp_seconds",
                "When the server's certificates expire, since the epoch, by file",
                MetricType::kGauge);
    for (const Certificates::Expiry& expiry : certificates.expiries())
        text.value(static_cast<double>(expiry.expires_ms) / 1000,
                   MetricLabels().add("file", expiry.file));
}

void append_issuers(const identity::Issuers& issuers, MetricText& text) {
    const auto statuses = issuers.statuses();
    const auto each = [&](std::string_view name, std::string_view help, MetricType type,
                          const std::function<double(const identity::IssuerStatus&)>& value) {
        text.family(name, help, type);
        for (const identity::IssuerStatus& status : statuses)
            text.value(value(status), MetricLabels().add("issuer", status.name));
    };
    each("snapgate_issuer_usable", "1 if tokens of the issuer can be verified, else 0",
         MetricType::kGauge, [](const auto& status) { return status.usable ? 1.0 : 0.0; });
    each("snapgate_issuer_keys_fetched_timestamp_seconds",
         "When the keys of the issuer were last fetched, since the epoch; 0: never",
         MetricType::kGauge,
         [](const auto& status) { return static_cast<double>(status.fetched_ms) / 1000; });
    each("snapgate_issuer_fetch_failures_total",
         "Fetches of the issuer's keys that failed since the start", MetricType::kCounter,
         [](const auto& status) { return static_cast<double>(status.failures); });
    each("snapgate_issuer_tokens_verified_total",
         "Tokens of the issuer that were verified since the start; a token that is known is not "
         "verified again",
         MetricType::kCounter,
         [](const auto& status) { return static_cast<double>(status.verified); });
    text.family("snapgate_tokens_refused_total", "Requests whose token was refused, by reason",
                MetricType::kCounter);
    const auto refused = issuers.verifier().refused();
    for (size_t i = 0; i < refused.size(); ++i)
        text.value(static_cast<double>(refused.at(i)),
                   MetricLabels().add("reason", identity::kRefusalNames.at(i)));
}

}  // namespace

Metrics::Metrics(const DataDirectory& data, const Certificates& certificates, size_t most_clusters)
    : data_(data),
      certificates_(certificates),
      most_clusters_(most_clusters),
      wall_from_steady_ms_(wall_from_steady_ms()),
      requests_(prometheus::BuildCounter()
                    .Name("snapgate_http_requests_total")
                    .Help("Requests answered, by route and status")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("snapgate_http_request_duration_seconds")
                     .Help("Time from the end of a request's header to the end of its answer")
                     .Register(registry_)) {}

Metrics::Series& Metrics::series(std::string_view route, unsigned status) {
    // Routes and statuses are few and fixed, so the map does not grow with what clients send.
    base::MutexLock lock(mutex_);
    const auto known = series_.find(std::pair(route, status));
    if (known != series_.end()) return known->second;
    const std::string name(route);
    return series_[{name, status}] = {
               .requests = &requests_.Add({{"route", name}, {"code", std::to_string(status)}}),
               .duration = &durations_.Add({{"route", name}}, kSeconds)};
}

void Metrics::observe(const net::Served& served) {
    Series& one = series(served.route, served.status);
    one.requests->Increment();
    one.duration->Observe(std::chrono::duration<double>(served.duration).count());
}

void Metrics::append(const net::Server* server, const mirror::Mirrors& mirrors,
                     const objects::GarbageCollector& garbage, const api::KeyShares& shares,
                     const audit::Trail* audit, const identity::Issuers& issuers,
                     std::string& out) const {
    std::ostringstream observed;
    prometheus::TextSerializer().Serialize(observed, registry_.Collect());
    out += observed.str();
    MetricText text(out);
    text.family("snapgate_build_info", "1; the label says the server's version",
                MetricType::kGauge);
    text.value(1, MetricLabels().add("version", SNAPGATE_VERSION));
    if (server != nullptr) append_connections(server->statistics(), text);
    append_store_metrics(*data_.store, data_.path, text);
    append_garbage(garbage, text);
    if (data_.replica != nullptr) append_replica_metrics(*data_.replica, text);
    if (audit != nullptr) append_audit(audit->statistics(), text);
    text.single("snapgate_backup_completed_timestamp_seconds",
                "When the last backup of this data directory ended, since the epoch; 0: there was "
                "none",
                MetricType::kGauge,
                static_cast<double>(backup_ms_.load(std::memory_order_relaxed)) / 1000);
    text.single("snapgate_clock_offset_seconds",
                "How far the system's clock was set since the start of the process, by the "
                "monotonic clock",
                MetricType::kGauge,
                static_cast<double>(wall_from_steady_ms() - wall_from_steady_ms_) / 1000);
    text.single("snapgate_key_requests_refused_total",
                "Requests refused because as many of their key were under way as may be",
                MetricType::kCounter, static_cast<double>(shares.refused()));
    text.single("snapgate_keys_ahead_total",
                "Keys found that were made in the future, and whose lifetimes count from then on",
                MetricType::kCounter, static_cast<double>(data_.keys.keys_ahead()));
    text.single("snapgate_log_lines_dropped_total",
                "Lines of the log that were lost, as nothing took them", MetricType::kCounter,
                static_cast<double>(base::log::lost_lines()));
    append_certificates(certificates_, text);
    append_issuers(issuers, text);
    const auto clusters = data_.clusters.snapshot();
    const auto projects = data_.projects.snapshot();
    const cluster::MetricOwners owners(*clusters, *projects, most_clusters_);
    append_cluster_metrics(owners, mirrors, *data_.store, text);
    append_process_metrics(text);
}

}  // namespace snapgate::app
