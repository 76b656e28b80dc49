#pragma once

#include "base/metric_text.h"

namespace snapgate::app {

// Appends the families that every Prometheus client has of its process: processor time, memory,
// open files, threads, start. What the system does not tell is left out. Any thread.
void append_process_metrics(base::MetricText& text);

}  // namespace snapgate::app
