#include "base/metric_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/utf8.h"

namespace snapgate::base {
namespace {

constexpr size_t kMaxLabelBytes = 256;

std::string_view word_of(MetricType type) {
    switch (type) {
        case MetricType::kCounter:
            return "counter";
        case MetricType::kGauge:
            return "gauge";
        case MetricType::kHistogram:
            return "histogram";
        case MetricType::kSummary:
            break;
    }
    return "summary";
}

void append_number(double value, std::string& out) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        fmt::format_to(std::back_inserter(out), "{}", value);
    }
}

}  // namespace

MetricLabels& MetricLabels::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_.append(name).append("=\"");
    for (const char c : clip(value, kMaxLabelBytes)) {
        if (c == '\\' || c == '"') {
            text_ += '\\';
            text_ += c;
        } else if (c == '\n') {
            text_ += "\\n";
        } else {
            text_ += c;
        }
    }
    text_ += '"';
    return *this;
}

void DurationHistogram::observe(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto bucket = std::ranges::lower_bound(kBounds, seconds) - kBounds.begin();
    of_bucket_.at(static_cast<size_t>(bucket)).fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<uint64_t>(std::max<int64_t>(0, took.count())),
                           std::memory_order_relaxed);
}

DurationHistogram::Counts DurationHistogram::counts() const {
    Counts counts;
    for (size_t i = 0; i < of_bucket_.size(); ++i)
        counts.of_bucket.at(i) = of_bucket_.at(i).load(std::memory_order_relaxed);
    counts.seconds = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
    return counts;
}

void MetricText::family(std::string_view name, std::string_view help, MetricType type) {
    name_ = name;
    fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   word_of(type));
}

void MetricText::line(std::string_view suffix, double value, const MetricLabels& labels,
                      std::string_view more) {
    out_.append(name_).append(suffix);
    const std::string_view first = labels.text();
    if (!first.empty() || !more.empty()) {
        out_.append("{").append(first);
        if (!first.empty() && !more.empty()) out_ += ',';
        out_.append(more).append("}");
    }
    out_ += ' ';
    append_number(value, out_);
    out_ += '\n';
}

void MetricText::value(double value, const MetricLabels& labels, std::string_view name,
                       std::string_view word) {
    fmt::memory_buffer more;
    fmt::format_to(std::back_inserter(more), "{}=\"{}\"", name, word);
    line({}, value, labels, {more.data(), more.size()});
}

void MetricText::single(std::string_view name, std::string_view help, MetricType type,
                        double number) {
    family(name, help, type);
    value(number);
}

void MetricText::histogram(const DurationHistogram::Counts& counts) {
    uint64_t below = 0;
    for (size_t i = 0; i < counts.of_bucket.size(); ++i) {
        below += counts.of_bucket.at(i);
        const std::string bound = i < DurationHistogram::kBounds.size()
                                      ? fmt::format("le=\"{}\"", DurationHistogram::kBounds.at(i))
                                      : "le=\"+Inf\"";
        line("_bucket", static_cast<double>(below), {}, bound);
    }
    line("_sum", counts.seconds, {}, {});
    line("_count", static_cast<double>(below), {}, {});
}

void MetricText::summary(double sum, uint64_t count, const MetricLabels& labels) {
    line("_sum", sum, labels, {});
    line("_count", static_cast<double>(count), labels, {});
}

}  // namespace snapgate::base
