#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "snapshots/watch_event.h"
#include "terminal/console.h"
#include "terminal/output.h"
#include "terminal/table.h"

namespace snapgate::cli {

// What `-o name` prints of a snapshot.
void print_snapshot_name(Console& console, std::string_view name);

// Prints snapshots in one format: the pages of a list as they come, or objects one after another.
// One thread; the console and the clock outlive it.
class SnapshotPrinter {
  public:
    SnapshotPrinter(Console& console, Format format,
                    const base::Clock& clock = base::system_clock());

    // A page of a list, each item a JSON text.
    Outcome<> page(const std::vector<std::string>& items);
    // Closes the list.
    void finish(std::string_view resource_version);

    // Objects outside of a list: rows of a table as in page(); with kJson one object a line, with
    // kYaml one document each.
    base::Result<void> each(const std::vector<std::string>& items);
    // A snapshot that changed. `gone` replaces the phase of one that was deleted.
    base::Result<void> changed(WatchEvent::Type type, const json::Object& snapshot,
                               std::string_view gone);

  private:
    int64_t now_seconds() const { return clock_.now_ms() / 1000; }
    void print_alone(const json::Value& snapshot);
    base::Result<void> page_of_text(const std::vector<std::string>& items);

    Console& console_;
    Format format_;
    const base::Clock& clock_;
    Table table_;
    ListWriter writer_;
    bool any_ = false;
};

}  // namespace snapgate::cli
