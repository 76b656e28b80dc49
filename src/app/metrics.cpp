#include "app/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <vector>

#include "app/metric_family.h"
#include "app/mirror_metrics.h"
#include "base/log.h"

namespace snapgate::app {
namespace {

using Type = prometheus::MetricType;
using Families = std::vector<prometheus::MetricFamily>;

// From the budget of a page (tens of microseconds) to a client's patience.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

prometheus::MetricFamily single(std::string_view name, std::string_view help, Type type,
                                uint64_t value) {
    prometheus::MetricFamily out = metric_family(name, help, type);
    add_value(out, static_cast<double>(value));
    return out;
}

// How far the passes over the data file are. The state of the last one has no value before there is
// one.
void add_scrub(const store::StoreStatistics& store, Families& families) {
    families.push_back(single("snapgate_store_damaged_pages_total",
                              "Damaged pages that passes over the data file found since the start",
                              Type::Counter, store.damaged_pages));
    families.push_back(single("snapgate_store_scrub_passes_total",
                              "Passes over the whole data file that ended since the start",
                              Type::Counter, store.scrub_passes));
    families.push_back(single("snapgate_store_scrubbed_objects_total",
                              "Versions of objects that these passes read since the start",
                              Type::Counter, store.scrubbed_objects));
    prometheus::MetricFamily completed =
        metric_family("snapgate_store_scrub_completed_timestamp_seconds",
                      "When the last pass over the data file ended, since the epoch", Type::Gauge);
    prometheus::MetricFamily damaged =
        metric_family("snapgate_store_scrub_damaged_rows",
                      "Damaged rows that the last pass over the data file found", Type::Gauge);
    if (store.scrub_completed_ms > 0) {
        add_value(completed, static_cast<double>(store.scrub_completed_ms) / 1000);
        add_value(damaged, static_cast<double>(store.scrub_damaged_rows));
    }
    families.push_back(std::move(completed));
    families.push_back(std::move(damaged));
}

void add_connections(const net::ServerStatistics& server, Families& families) {
    families.push_back(single("snapgate_connections", "Connections open now", Type::Gauge,
                              server.connections_open));
    families.push_back(single("snapgate_connections_accepted_total", "Connections accepted",
                              Type::Counter, server.connections_accepted));
    families.push_back(single("snapgate_connections_refused_total",
                              "Connections refused above the cap", Type::Counter,
                              server.connections_refused));
}

void add_store(const store::StoreStatistics& store, Families& families) {
    families.push_back(single("snapgate_store_commits_total", "Group commits since the start",
                              Type::Counter, store.commits));
    families.push_back(single("snapgate_store_writes_total", "Writes committed since the start",
                              Type::Counter, store.writes));
    families.push_back(single("snapgate_store_file_bytes",
                              "Bytes of the data file, with pages that are free for reuse",
                              Type::Gauge, store.file_bytes));
    families.push_back(single("snapgate_store_used_bytes",
                              "Bytes of the data file that hold rows; the rest is free for reuse",
                              Type::Gauge, store.used_bytes));
    families.push_back(single("snapgate_store_damaged_reads_total",
                              "Reads of damaged rows of the store since the start", Type::Counter,
                              store.damaged_reads));
    add_scrub(store, families);
    families.push_back(single("snapgate_store_facts_filled_total",
                              "Versions of snapshots whose facts were filled in since the start",
                              Type::Counter, store.facts_filled));
    families.push_back(single("snapgate_store_facts_complete",
                              "1 once no facts of snapshots are left to be filled in", Type::Gauge,
                              store.facts_complete ? 1 : 0));
    families.push_back(single("snapgate_store_revision", "The newest revision of the store",
                              Type::Gauge, store.revision));
    families.push_back(single("snapgate_store_times_ahead_total",
                              "How often the store held times more than a minute ahead of the "
                              "system's clock, which were then set back",
                              Type::Counter, store.times_ahead));
}

prometheus::MetricFamily expiries_of(const Certificates& certificates) {
    prometheus::MetricFamily expiries = metric_family(
        "snapgate_certificate_expiry_timestamp_seconds",
        "When the server's certificates expire, since the epoch, by file", Type::Gauge);
    for (const Certificates::Expiry& expiry : certificates.expiries())
        add_value(expiries, static_cast<double>(expiry.expires_ms) / 1000, {{"file", expiry.file}});
    return expiries;
}

prometheus::MetricFamily objects_of(const cluster::ClusterTable::Rows& clusters,
                                    const store::Store& store) {
    prometheus::MetricFamily objects =
        metric_family("snapgate_objects", "VM snapshots at the head, by cluster", Type::Gauge);
    store::ReadView view = store.read();
    for (const auto& [uid, cluster] : clusters) {
        auto count = view.count(cluster.number, model::Kind::kSnapshot);
        if (count) add_value(objects, static_cast<double>(*count), {{"cluster", uid}});
    }
    return objects;
}

}  // namespace

Metrics::Metrics(const DataDirectory& data, const Certificates& certificates)
    : data_(data),
      certificates_(certificates),
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

std::string Metrics::render(const net::Server* server, const mirror::Mirrors& mirrors,
                            const objects::GarbageCollector& garbage) const {
    Families families = registry_.Collect();
    if (server != nullptr) add_connections(server->statistics(), families);
    add_store(data_.store->statistics(), families);
    families.push_back(single("snapgate_garbage_removed_total",
                              "Snapshots that the garbage collector removed since the start",
                              Type::Counter, garbage.removed()));
    families.push_back(
        single("snapgate_garbage_updated_total",
               "Changes that the garbage collector made to snapshots since the start: "
               "marks of a deletion, owner references and finalizers taken away",
               Type::Counter, garbage.updated()));
    families.push_back(single("snapgate_keys_ahead_total",
                              "Keys found that were made in the future, and whose lifetimes count "
                              "from then on",
                              Type::Counter, data_.keys.keys_ahead()));
    families.push_back(single("snapgate_log_lines_dropped_total",
                              "Lines of the log that were lost, as nothing took them",
                              Type::Counter, base::log::lost_lines()));
    families.push_back(expiries_of(certificates_));
    const auto clusters = data_.clusters.snapshot();
    families.push_back(objects_of(*clusters, *data_.store));
    for (prometheus::MetricFamily& family :
         mirror_metrics(*clusters, mirrors, data_.store->now_ms()))
        families.push_back(std::move(family));
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

}  // namespace snapgate::app
