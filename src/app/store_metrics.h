#pragma once

#include <filesystem>

#include "base/metric_text.h"
#include "store/store.h"

namespace snapgate::app {

// Appends what the metrics say of the store, and of the disk on which `directory` is. Any thread.
void append_store_metrics(const store::Store& store, const std::filesystem::path& directory,
                          base::MetricText& text);

}  // namespace snapgate::app
