#include "snapshots/follow_snapshots.h"

#include <fmt/format.h>

#include <utility>

#include "snapshots/snapshot_follower.h"
#include "terminal/interruption.h"

namespace snapgate::cli {
namespace {

// How much of a list is held before it is printed: enough rows to choose widths of columns that
// fit.
constexpr size_t kPageItems = 500;
constexpr size_t kPageBytes = 4 << 20;

// Gathers the items of a list into pages.
class Pages {
  public:
    using Print = std::function<base::Result<void>(const std::vector<std::string>& items)>;
    explicit Pages(Print print) : print_(std::move(print)) {}

    base::Result<void> add(std::string_view item) {
        items_.emplace_back(item);
        bytes_ += item.size();
        ++count_;
        if (items_.size() < kPageItems && bytes_ < kPageBytes) return {};
        return flush();
    }
    base::Result<void> flush() {
        bytes_ = 0;
        auto items = std::exchange(items_, {});
        return print_(items);
    }
    size_t count() const { return count_; }

  private:
    Print print_;
    std::vector<std::string> items_;
    size_t bytes_ = 0;
    size_t count_ = 0;
};

}  // namespace

Outcome<Exit> print_selected(Console& console, Api& api, const SnapshotQuery& query,
                             const SnapshotForm& form) {
    SnapshotPrinter printer(console, form);
    Pages pages([&](const std::vector<std::string>& items) -> base::Result<void> {
        auto printed = printer.page(items);
        if (!printed) return base::Error(base::Code::kInternal, printed.error().message);
        return {};
    });
    StaleNote stale(api, console, query.cluster);
    const ItemSink add = [&](std::string_view item) { return pages.add(item); };
    SNAPGATE_ASSIGN(auto version, list_snapshots(api, query, {}, add, &stale));
    SNAPGATE_TRY(pages.flush());
    SNAPGATE_TRY(printer.finish(version.value_or("")));
    if (pages.count() == 0 && !is_document(form.format)) console.note(none_found(query));
    return Exit::kOk;
}

Outcome<Exit> follow_snapshots(Console& console, Api& api, const SnapshotQuery& query,
                               const SnapshotForm& form) {
    SNAPGATE_ASSIGN(Interruption interruption, Interruption::listen());
    SnapshotPrinter printer(console, form);
    Pages pages([&](const std::vector<std::string>& items) { return printer.each(items); });
    // A snapshot that leaves the selection also comes as DELETED.
    const std::string_view gone = query.selector.empty() ? "Deleted" : "Gone";
    FollowSinks sinks;
    sinks.listed = [&](std::string_view item) { return pages.add(item); };
    sinks.list_ended = [&]() -> base::Result<void> {
        if (pages.count() == 0) console.note(none_found(query) + " Waiting for some.");
        return pages.flush();
    };
    sinks.changed = [&](WatchEvent::Type type, const json::Object& snapshot) {
        return printer.changed(type, snapshot, gone);
    };
    SnapshotFollower follower(api, console, interruption, query, std::move(sinks));
    SNAPGATE_TRY(follower.run());
    return Exit::kOk;
}

}  // namespace snapgate::cli
