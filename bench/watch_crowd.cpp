// Watchers by the thousand, and writes that they see: what bench/watch measures with. Says "ready"
// on standard output once all are connected, begins at a line on standard input, and ends with a
// line of JSON.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "crowd.h"
#include "event_writers.h"

namespace snapgate::bench {
namespace {

constexpr std::chrono::milliseconds kStep{100};
constexpr std::chrono::seconds kDrain{60};

struct Settings {
    Crowd::Options crowd;
    EventWriters::Options writers;
    double seconds = 10;
    bool latency = false;
};

double percentile(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + at);
    return values[static_cast<size_t>(at)];
}

double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// From each write's acknowledgement to its arrival at each watcher, in milliseconds. The n-th write
// that was acknowledged is the n-th event, but for writes on their way at the same time.
std::vector<double> latencies(const std::vector<Crowd::Arrival>& arrivals,
                              const std::vector<uint64_t>& ends,
                              const std::vector<Clock::time_point>& acknowledged, size_t watchers) {
    std::vector<size_t> seen(watchers, 0);
    std::vector<double> out;
    for (const Crowd::Arrival& arrival : arrivals) {
        size_t& next = seen[arrival.watcher];
        for (; next < ends.size() && ends[next] <= arrival.bytes; ++next) {
            if (next < acknowledged.size())
                out.push_back(1e3 * seconds(arrival.at - acknowledged[next]));
        }
    }
    return out;
}

// How long ago the first write was acknowledged that the slowest watcher has not got.
double lag(const Crowd& crowd, const EventWriters& writers) {
    const auto acknowledged = writers.acknowledged();
    const size_t got = crowd.fewest();
    return got >= acknowledged.size() ? 0 : seconds(Clock::now() - acknowledged[got]);
}

void run(const Settings& settings) {
    Crowd crowd(settings.crowd);
    std::cout << "ready\n" << std::flush;
    std::string line;
    std::getline(std::cin, line);
    const Clock::time_point begin = Clock::now();
    if (settings.writers.writes == 0) {
        crowd.take(begin + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(settings.seconds)),
                   std::chrono::hours(1), nullptr);
        std::cout << fmt::format(R"({{"watchers":{},"ended":{},"bytes":{}}})",
                                 settings.crowd.watchers, crowd.ended(), crowd.bytes())
                  << "\n";
        return;
    }
    EventWriters writers(settings.writers);
    std::vector<Crowd::Arrival> arrivals;
    std::vector<double> lags;
    while (!writers.ended()) {
        crowd.take(Clock::now() + kStep, kStep, settings.latency ? &arrivals : nullptr);
        lags.push_back(lag(crowd, writers));
    }
    const Clock::time_point written = Clock::now();
    writers.finish();
    while (crowd.fewest() < settings.writers.writes && Clock::now() < written + kDrain &&
           crowd.ended() == 0)
        crowd.take(Clock::now() + kStep, std::chrono::milliseconds(20),
                   settings.latency ? &arrivals : nullptr);
    const double drained = seconds(Clock::now() - written);
    auto times = latencies(arrivals, crowd.ends(), writers.acknowledged(), settings.crowd.watchers);
    std::cout << fmt::format(
                     R"({{"watchers":{},"ended":{},"bytes":{},"writes":{},"seconds":{:.3f},)"
                     R"("event_bytes":{},"fewest":{},"lag_p50_s":{:.3f},"lag_max_s":{:.3f},)"
                     R"("drained_s":{:.3f},"latency_p50_ms":{:.3f},"latency_p99_ms":{:.3f},)"
                     R"("latency_max_ms":{:.3f}}})",
                     settings.crowd.watchers, crowd.ended(), crowd.bytes(), settings.writers.writes,
                     seconds(written - begin),
                     crowd.ends().empty() ? 0 : crowd.ends().back() / crowd.ends().size(),
                     crowd.fewest(), percentile(lags, 0.5), percentile(lags, 1.0), drained,
                     percentile(times, 0.5), percentile(times, 0.99), percentile(times, 1.0))
              << "\n";
}

}  // namespace
}  // namespace snapgate::bench

int main(int argc, char** argv) {
    snapgate::bench::Settings settings;
    CLI::App app("Watchers by the thousand, and writes that they see");
    app.add_option("--port", settings.crowd.port)->required();
    app.add_option("--key", settings.crowd.key)->required();
    app.add_option("--watch", settings.crowd.target, "path and query of the watches")->required();
    app.add_option("--watchers", settings.crowd.watchers)->required();
    app.add_flag("--tls", settings.crowd.tls);
    app.add_flag("--events", settings.crowd.events, "they read server-sent events");
    app.add_option("--seconds", settings.seconds, "without writes: how long to wait");
    app.add_option("--write", settings.writers.target, "path and query of the writes");
    app.add_option("--clusters", settings.writers.clusters, "that are written to, in turn");
    app.add_option("--writes", settings.writers.writes)->default_val(0);
    app.add_option("--per-second", settings.writers.per_second);
    app.add_option("--connections", settings.writers.connections, "that write");
    app.add_option("--padding", settings.writers.padding, "bytes more in each object");
    app.add_option("--run", settings.writers.run, "part of the names written")->default_val("w");
    app.add_flag("--latency", settings.latency, "measure each arrival");
    CLI11_PARSE(app, argc, argv);
    settings.writers.port = settings.crowd.port;
    settings.writers.key = settings.crowd.key;
    try {
        snapgate::bench::run(settings);
    } catch (const std::exception& error) {
        std::cerr << "watch_crowd: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
