#include "snapshots/snapshot_printer.h"

#include <utility>

#include "json/path.h"
#include "snapshots/snapshot_route.h"
#include "snapshots/snapshot_row.h"

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

std::string_view name_of(const json::Object& snapshot) {
    return json::text_at(snapshot, {"metadata", "name"});
}

}  // namespace

void print_snapshot_name(Console& console, std::string_view name) {
    console.print(kSnapshotResource);
    console.print_line(name);
}

SnapshotPrinter::SnapshotPrinter(Console& console, Format format, const base::Clock& clock)
    : console_(console),
      format_(format),
      clock_(clock),
      table_(snapshot_columns(format == Format::kWide), console.width()),
      writer_(console, format, kSnapshotVersion, kSnapshotListKind) {}

Outcome<> SnapshotPrinter::page(const std::vector<std::string>& items) {
    if (is_document(format_)) {
        for (const std::string& item : items) SNAPGATE_TRY(writer_.add(item));
        SNAPGATE_TRY(console_.flush());
    } else {
        SNAPGATE_TRY(page_of_text(items));
    }
    return {};
}

void SnapshotPrinter::finish(std::string_view resource_version) {
    if (!is_document(format_)) return;
    json::Object metadata;
    metadata["resourceVersion"] = resource_version;
    writer_.finish(metadata);
}

base::Result<void> SnapshotPrinter::each(const std::vector<std::string>& items) {
    if (!is_document(format_)) return page_of_text(items);
    for (const std::string& item : items) {
        SNAPGATE_ASSIGN(auto snapshot, parse_snapshot(item));
        print_alone(snapshot);
    }
    return console_.flush();
}

base::Result<void> SnapshotPrinter::changed(WatchEvent::Type type, const json::Object& snapshot,
                                            std::string_view gone) {
    if (is_document(format_)) {
        print_alone(snapshot);
    } else if (format_ == Format::kName) {
        print_snapshot_name(console_, name_of(snapshot));
    } else {
        SNAPGATE_ASSIGN(Table::Row row,
                        snapshot_row(snapshot, format_ == Format::kWide, now_seconds()));
        if (type == WatchEvent::Type::kDeleted) row[kPhaseColumn] = gone;
        console_.print(table_.page({std::move(row)}));
    }
    return console_.flush();
}

base::Result<void> SnapshotPrinter::page_of_text(const std::vector<std::string>& items) {
    std::vector<Table::Row> rows;
    for (const std::string& item : items) {
        SNAPGATE_ASSIGN(auto snapshot, parse_snapshot(item));
        if (format_ == Format::kName) {
            print_snapshot_name(console_, name_of(snapshot));
        } else {
            SNAPGATE_ASSIGN(Table::Row row,
                            snapshot_row(snapshot, format_ == Format::kWide, now_seconds()));
            rows.push_back(std::move(row));
        }
    }
    if (!rows.empty()) console_.print(table_.page(rows));
    return console_.flush();
}

void SnapshotPrinter::print_alone(const json::Value& snapshot) {
    if (std::exchange(any_, true) && format_ == Format::kYaml) console_.print("---\n");
    print_value(console_, format_, snapshot);
}

}  // namespace snapgate::cli
