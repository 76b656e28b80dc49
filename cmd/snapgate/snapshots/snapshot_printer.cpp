#include "snapshots/snapshot_printer.h"

#include <utility>

#include "json/path.h"
#include "model/api_names.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {
namespace {

base::Result<json::Object> parse_snapshot(std::string_view item) {
    SNAPGATE_ASSIGN(auto value, json::parse(item));
    json::Object* object = value.if_object();
    if (object == nullptr)
        return base::Error(base::Code::kBadPeer,
                           "the server's list holds something that is no "
                           "object");
    return std::move(*object);
}

// A template that does not fit, where a Failure cannot be passed on.
base::Result<void> as_result(const Outcome<>& outcome) {
    if (outcome) return {};
    return base::Error(base::Code::kInvalidParameter, outcome.error().message);
}

std::string_view name_of(const json::Object& snapshot) {
    return json::text_at(snapshot, {"metadata", "name"});
}

}  // namespace

void print_snapshot_name(Console& console, std::string_view name) {
    console.print(kSnapshotResource);
    console.print_line(name);
}

SnapshotPrinter::SnapshotPrinter(Console& console, const SnapshotForm& form,
                                 const base::Clock& clock)
    : console_(console),
      form_(form),
      clock_(clock),
      table_(snapshot_columns(form.format == Format::kWide, form.labels),
             form.format.look(console.look())),
      list_(console, form.format, model::kStoredApiVersion, model::kSnapshotListKind),
      alone_(console, form.format) {}

Outcome<> SnapshotPrinter::page(const std::vector<std::string>& items) {
    if (is_document(form_.format)) {
        for (const std::string& item : items) SNAPGATE_TRY(list_.add(item));
        SNAPGATE_TRY(console_.flush());
    } else {
        SNAPGATE_TRY(page_of_text(items));
    }
    return {};
}

Outcome<> SnapshotPrinter::finish(std::string_view resource_version) {
    if (!is_document(form_.format)) return {};
    json::Object metadata;
    metadata["resourceVersion"] = resource_version;
    return list_.finish(metadata);
}

base::Result<void> SnapshotPrinter::each(const std::vector<std::string>& items) {
    if (!is_document(form_.format)) return page_of_text(items);
    std::vector<json::Value> snapshots;
    std::vector<const json::Value*> all;
    snapshots.reserve(items.size());
    for (const std::string& item : items) {
        SNAPGATE_ASSIGN(auto snapshot, parse_snapshot(item));
        all.push_back(&snapshots.emplace_back(std::move(snapshot)));
    }
    SNAPGATE_TRY(as_result(alone_.print_all(all)));
    return console_.flush();
}

base::Result<void> SnapshotPrinter::changed(WatchEvent::Type type, const json::Object& snapshot,
                                            std::string_view gone) {
    if (is_document(form_.format)) {
        SNAPGATE_TRY(as_result(alone_.print(json::Value(snapshot))));
    } else if (form_.format == Format::kName) {
        print_snapshot_name(console_, name_of(snapshot));
    } else {
        SNAPGATE_ASSIGN(Table::Row row, row_of(snapshot));
        if (type == WatchEvent::Type::kDeleted) row[kPhaseColumn] = gone;
        console_.print(table_.page({std::move(row)}));
    }
    return console_.flush();
}

base::Result<void> SnapshotPrinter::page_of_text(const std::vector<std::string>& items) {
    std::vector<Table::Row> rows;
    for (const std::string& item : items) {
        SNAPGATE_ASSIGN(auto snapshot, parse_snapshot(item));
        if (form_.format == Format::kName) {
            print_snapshot_name(console_, name_of(snapshot));
        } else {
            SNAPGATE_ASSIGN(Table::Row row, row_of(snapshot));
            rows.push_back(std::move(row));
        }
    }
    if (!rows.empty()) console_.print(table_.page(rows));
    return console_.flush();
}

base::Result<Table::Row> SnapshotPrinter::row_of(const json::Object& snapshot) const {
    return snapshot_row(snapshot, form_.format == Format::kWide, form_.labels, now_seconds());
}

}  // namespace snapgate::cli
