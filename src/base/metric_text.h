#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::base {

// Labels of a value, as the text format writes them. A value may be any text, also what a client
// chose as a name: it is escaped, and cut after 256 bytes.
class MetricLabels {
  public:
    MetricLabels& add(std::string_view name, std::string_view value);
    // `name="value",...`
    std::string_view text() const { return text_; }

  private:
    std::string text_;
};

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram, kSummary };

// How long something took, since the start of the process: counted in buckets whose upper bounds
// are kBounds, in seconds. Any thread may call.
class DurationHistogram {
  public:
    // From what an SSD takes to a disk that hangs.
    static constexpr std::array kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
    struct Counts {
        std::array<uint64_t, kBounds.size() + 1> of_bucket{};  // the last one has no bound
        double seconds = 0;                                    // of all together
    };

    void observe(std::chrono::nanoseconds took);
    Counts counts() const;

  private:
    std::array<std::atomic<uint64_t>, kBounds.size() + 1> of_bucket_{};
    std::atomic<uint64_t> nanoseconds_ = 0;
};

// Appends families of metrics to a text, in Prometheus' text format 0.0.4. All values of a family
// come between its family() and the next one. One thread.
class MetricText {
  public:
    explicit MetricText(std::string& out) : out_(out) {}

    // Begins a family. `name` and `help` are our own words: they need no escapes.
    void family(std::string_view name, std::string_view help, MetricType type);
    // A value of the family that was begun last.
    void value(double value, const MetricLabels& labels = {}) { line({}, value, labels, {}); }
    // The same with one more label, whose value needs no escapes.
    void value(double value, const MetricLabels& labels, std::string_view name,
               std::string_view word);
    // Of a family without labels: its begin and its value.
    void single(std::string_view name, std::string_view help, MetricType type, double number);
    // The value of a histogram.
    void histogram(const DurationHistogram::Counts& counts);
    // The value of a summary without quantiles.
    void summary(double sum, uint64_t count, const MetricLabels& labels);

  private:
    void line(std::string_view suffix, double value, const MetricLabels& labels,
              std::string_view more);

    std::string& out_;
    std::string_view name_;
};

}  // namespace snapgate::base
