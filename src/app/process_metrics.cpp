#include "app/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "base/read_file.h"

namespace snapgate::app {
namespace {

using base::MetricType;

constexpr size_t kMostBytes = 1 << 20;

// Of /proc/self/stat (proc(5)).
struct ProcessState {
    double cpu_ticks = 0;
    double threads = 0;
    double start_ticks = 0;  // since the system was started
    double virtual_bytes = 0;
    double resident_pages = 0;
};

std::optional<ProcessState> read_state() {
    const auto text = base::read_file("/proc/self/stat", kMostBytes);
    if (!text) return std::nullopt;
    // The second field is the program's name in parentheses, which may hold anything.
    const size_t name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(text->substr(name_end + 1));
    std::string skipped;
    ProcessState state;
    double user = 0;
    double system = 0;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    fields >> user >> system;  // 14, 15
    for (int field = 16; field < 20; ++field) fields >> skipped;
    fields >> state.threads >> skipped >> state.start_ticks;  // 20 to 22
    fields >> state.virtual_bytes >> state.resident_pages;    // 23, 24
    state.cpu_ticks = user + system;
    if (!fields) return std::nullopt;
    return state;
}

// When the system was started, in seconds since the epoch.
std::optional<double> boot_time() {
    const auto text = base::read_file("/proc/stat", kMostBytes);
    const size_t place = text ? text->find("\nbtime ") : std::string::npos;
    if (place == std::string::npos) return std::nullopt;
    std::istringstream field(text->substr(place + 7, 32));
    double seconds = 0;
    if (!(field >> seconds)) return std::nullopt;
    return seconds;
}

}  // namespace

void append_process_metrics(base::MetricText& text) {
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    if (const auto state = read_state()) {
        text.single("process_cpu_seconds_total", "Processor time used", MetricType::kCounter,
                    state->cpu_ticks / ticks);
        text.single("process_threads", "Threads", MetricType::kGauge, state->threads);
        text.single("process_virtual_memory_bytes",
                    "Address space, with that reserved for the store", MetricType::kGauge,
                    state->virtual_bytes);
        text.single("process_resident_memory_bytes",
                    "Memory in use, with pages of the data file that the system keeps at hand",
                    MetricType::kGauge,
                    state->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
        if (const auto boot = boot_time()) {
            text.single("process_start_time_seconds", "When the process began, since the epoch",
                        MetricType::kGauge, *boot + state->start_ticks / ticks);
        }
    }
    std::error_code failed;
    uint64_t open = 0;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", failed), end;
         !failed && entry != end; entry.increment(failed))
        ++open;
    rlimit files{};
    const bool has_limit = ::getrlimit(RLIMIT_NOFILE, &files) == 0;
    // Not one is left to count them with.
    if (has_limit && failed == std::errc::too_many_files_open) {
        open = files.rlim_cur;
        failed.clear();
    }
    if (!failed) {
        text.single("process_open_fds", "Open files and sockets", MetricType::kGauge,
                    static_cast<double>(open));
    }
    if (has_limit) {
        text.single("process_max_fds", "The most files and sockets that may be open",
                    MetricType::kGauge, static_cast<double>(files.rlim_cur));
    }
}

}  // namespace snapgate::app
