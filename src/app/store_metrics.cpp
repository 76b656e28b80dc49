#include "app/store_metrics.h"

#include <array>
#include <string_view>

namespace snapgate::app {
namespace {

using base::MetricText;
using base::MetricType;
using store::StoreStatistics;

struct Number {
    std::string_view name;
    std::string_view help;
    uint64_t StoreStatistics::* member;
};

constexpr std::array kNumbers = {
    Number{"snapgate_store_commits_total", "Group commits since the start",
           &StoreStatistics::commits},
    Number{"snapgate_store_commits_failed_total", "Group commits that failed since the start",
           &StoreStatistics::failed_commits},
    Number{"snapgate_store_writes_total", "Writes committed since the start",
           &StoreStatistics::writes},
    Number{"snapgate_store_file_bytes",
           "Bytes of the data file, with pages that are free for reuse",
           &StoreStatistics::file_bytes},
    Number{"snapgate_store_used_bytes",
           "Bytes of the data file that hold rows; the rest is free for reuse",
           &StoreStatistics::used_bytes},
    Number{"snapgate_store_map_bytes", "The most bytes that the data file may have",
           &StoreStatistics::map_bytes},
    Number{"snapgate_store_room_bytes",
           "Bytes by which the data file may still grow: what the disk, the limit of the process' "
           "files and the map leave",
           &StoreStatistics::room_bytes},
    Number{"snapgate_store_history_holds",
           "Lists on their way that keep old versions from being removed",
           &StoreStatistics::history_holds},
    Number{"snapgate_store_readers", "Read transactions that are open now",
           &StoreStatistics::readers},
    Number{"snapgate_store_readers_max", "The most read transactions that may be open",
           &StoreStatistics::most_readers},
    Number{"snapgate_store_held_commits",
           "Commits since the oldest open read transaction began, whose freed pages wait for its "
           "end",
           &StoreStatistics::held_commits},
    Number{"snapgate_store_damaged_reads_total",
           "Reads of damaged rows of the store since the start", &StoreStatistics::damaged_reads},
    Number{"snapgate_store_damaged_pages_total",
           "Damaged pages that passes over the data file found since the start",
           &StoreStatistics::damaged_pages},
    Number{"snapgate_store_scrub_passes_total",
           "Passes over the whole data file that ended since the start",
           &StoreStatistics::scrub_passes},
    Number{"snapgate_store_scrubbed_objects_total",
           "Versions of objects that these passes read since the start",
           &StoreStatistics::scrubbed_objects},
    Number{"snapgate_store_facts_filled_total",
           "Versions of snapshots whose facts were filled in since the start",
           &StoreStatistics::facts_filled},
    Number{"snapgate_store_revision", "The newest revision of the store",
           &StoreStatistics::revision},
    Number{"snapgate_store_times_ahead_total",
           "How often the store held times more than a minute ahead of the system's clock, which "
           "were then set back",
           &StoreStatistics::times_ahead},
};

// The state of the last pass over the data file has no value before there was one.
void append_scrub(const StoreStatistics& numbers, MetricText& text) {
    text.family("snapgate_store_scrub_completed_timestamp_seconds",
                "When the last pass over the data file ended, since the epoch", MetricType::kGauge);
    if (numbers.scrub_completed_ms > 0)
        text.value(static_cast<double>(numbers.scrub_completed_ms) / 1000);
    text.family("snapgate_store_scrub_damaged_rows",
                "Damaged rows that the last pass over the data file found", MetricType::kGauge);
    if (numbers.scrub_completed_ms > 0) text.value(static_cast<double>(numbers.scrub_damaged_rows));
}

void append_disk(const std::filesystem::path& directory, MetricText& text) {
    std::error_code failed;
    const std::filesystem::space_info disk = std::filesystem::space(directory, failed);
    if (failed) return;
    text.single("snapgate_disk_size_bytes", "Size of the disk with the data directory",
                MetricType::kGauge, static_cast<double>(disk.capacity));
    text.single("snapgate_disk_free_bytes", "What of it this process may still use",
                MetricType::kGauge, static_cast<double>(disk.available));
}

}  // namespace

void append_store_metrics(const store::Store& store, const std::filesystem::path& directory,
                          MetricText& text) {
    const StoreStatistics numbers = store.statistics();
    for (const Number& number : kNumbers) {
        text.single(number.name, number.help,
                    number.name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge,
                    static_cast<double>(numbers.*number.member));
    }
    text.single("snapgate_store_writable", "1 unless writes fail, as on a full disk",
                MetricType::kGauge, store.writable() ? 1 : 0);
    text.family("snapgate_store_commit_duration_seconds",
                "Time that group commits took, with the wait for the disk", MetricType::kHistogram);
    text.histogram(numbers.commit_times);
    text.family("snapgate_store_queued_writes", "Writes that wait for their commit",
                MetricType::kGauge);
    text.value(static_cast<double>(numbers.queued_requests), {}, "priority", "request");
    text.value(static_cast<double>(numbers.queued_batches), {}, "priority", "batch");
    text.single("snapgate_store_queued_seconds", "How long the oldest of them has waited",
                MetricType::kGauge, static_cast<double>(numbers.longest_queued.count()) / 1000);
    text.single("snapgate_store_history_held_seconds",
                "How long the oldest list on its way has kept old versions", MetricType::kGauge,
                static_cast<double>(numbers.longest_hold.count()) / 1000);
    text.single("snapgate_store_facts_complete",
                "1 once no facts of snapshots are left to be filled in", MetricType::kGauge,
                numbers.facts_complete ? 1 : 0);
    append_scrub(numbers, text);
    append_disk(directory, text);
}

}  // namespace snapgate::app
