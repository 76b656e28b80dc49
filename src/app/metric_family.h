#pragma once

#include <prometheus/metric_family.h>

#include <string_view>
#include <utility>
#include <vector>

namespace snapgate::app {

// Metrics whose values are read when they are shown; the library's registry keeps no copy of them.

inline prometheus::MetricFamily metric_family(std::string_view name, std::string_view help,
                                              prometheus::MetricType type) {
    prometheus::MetricFamily out;
    out.name = name;
    out.help = help;
    out.type = type;
    return out;
}

// The value of a gauge or of a counter.
inline void add_value(prometheus::MetricFamily& family, double value,
                      std::vector<prometheus::ClientMetric::Label> labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    metric.counter.value = value;
    family.metric.push_back(std::move(metric));
}

}  // namespace snapgate::app
