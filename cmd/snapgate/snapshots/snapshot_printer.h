#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "output/documents.h"
#include "snapshots/snapshot_row.h"
#include "snapshots/watch_event.h"
#include "terminal/console.h"
#include "terminal/table.h"

namespace snapgate::cli {

// What `-o name` prints of a snapshot.
void print_snapshot_name(Console& console, std::string_view name);

// How snapshots are printed: -o, and labels as columns of a table.
struct SnapshotForm {
    Format format;
    // NOLINTNEXTLINE(readability-redundant-member-init): most forms have none, and leave it out
    LabelColumns labels = {};
};

// Prints snapshots in one format: the pages of a list as they come, or objects one after another.
// One thread; the console and the clock outlive it.
class SnapshotPrinter {
  public:
    SnapshotPrinter(Console& console, const SnapshotForm& form,
                    const base::Clock& clock = base::system_clock());

    // A page of a list, each item a JSON text.
    Outcome<> page(const std::vector<std::string>& items);
    // Closes the list.
    Outcome<> finish(std::string_view resource_version);

    // Objects outside of a list: rows of a table as in page(); with kJson one object a line, with
    // kYaml one document each.
    base::Result<void> each(const std::vector<std::string>& items);
    // A snapshot that changed. `gone` replaces the phase of one that was deleted.
    base::Result<void> changed(WatchEvent::Type type, const json::Object& snapshot,
                               std::string_view gone);

  private:
    int64_t now_seconds() const { return clock_.now_ms() / 1000; }
    base::Result<void> page_of_text(const std::vector<std::string>& items);

    base::Result<Table::Row> row_of(const json::Object& snapshot) const;

    Console& console_;
    SnapshotForm form_;
    const base::Clock& clock_;
    Table table_;
    ListWriter list_;
    ValuePrinter alone_;
};

}  // namespace snapgate::cli
