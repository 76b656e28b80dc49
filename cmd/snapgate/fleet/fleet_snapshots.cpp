#include "fleet/fleet_snapshots.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "fleet/row_fields.h"
#include "json/path.h"
#include "model/api_names.h"
#include "snapshots/snapshot_printer.h"
#include "snapshots/snapshot_row.h"
#include "snapshots/times.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

// Rows of a table that are printed together.
constexpr size_t kPageRows = 500;

std::vector<Column> columns(const FleetScope& scope, bool wide) {
    std::vector<Column> out = place_columns(scope);
    out.insert(out.end(), {{"NAME", 0, 16, Column::Cut::kMiddle},
                           {"VM", 0, 12, Column::Cut::kMiddle},
                           {.title = "STATE", .is_state = true},
                           {"GOOD", 2},
                           {"AGE"},
                           cause_column()});
    if (wide) {
        out.insert(
            out.end() - 1,
            {{"CONSISTENCY", 4}, {"STUCK", 5}, {"SIZE", 7}, {"RESTORES", 8}, {"PROJECT", 6}});
    }
    return out;
}

Table::Row row_of(const json::Object& row, bool wide, int64_t now_seconds) {
    const auto text = [&](std::string_view name) {
        return std::string(json::text_at(row, {name}));
    };
    Table::Row cells{text("cluster"),
                     text("namespace"),
                     text("name"),
                     text("vm"),
                     text("state"),
                     flag_at(row, "good"),
                     age_of(text("created"), now_seconds),
                     text("cause")};
    if (wide) {
        cells.insert(cells.end() - 1, {text("consistency"), flag_at(row, "stuck"), size_of(row),
                                       number_at(row, "restores"), text("project")});
    }
    return cells;
}

// Prints the flat rows of a stream as a table, or as names.
class RowPrinter {
  public:
    RowPrinter(Console& console, const FleetScope& scope, const Format& format)
        : console_(console),
          all_clusters_(scope.all),
          names_(format == Format::kName),
          wide_(format == Format::kWide),
          table_(columns(scope, wide_), format.look(console.look())),
          now_seconds_(base::system_clock().now_ms() / 1000) {}

    void add(const json::Object& row) {
        any_ = true;
        if (names_) {
            print_name(row);
        } else {
            rows_.push_back(row_of(row, wide_, now_seconds_));
        }
        if (rows_.size() == kPageRows) print_rows();
    }

    void finish() {
        print_rows();
        if (!any_) console_.note("No snapshots found.");
    }

  private:
    void print_name(const json::Object& row) {
        const std::string_view name = json::text_at(row, {"name"});
        if (all_clusters_) {
            console_.print_line(fmt::format("{}/{}/{}", json::text_at(row, {"cluster"}),
                                            json::text_at(row, {"namespace"}), name));
        } else {
            print_snapshot_name(console_, name);
        }
    }

    void print_rows() {
        if (rows_.empty()) return;
        console_.print(table_.page(rows_));
        rows_.clear();
    }

    Console& console_;
    const bool all_clusters_;
    const bool names_;
    const bool wide_;
    Table table_;
    const int64_t now_seconds_;
    std::vector<Table::Row> rows_;
    bool any_ = false;
};

Outcome<> print_objects(Console& console, Api& api, FleetRequest request, const Format& format) {
    ListWriter writer(console, format, model::kStoredApiVersion, model::kSnapshotListKind);
    std::string version;
    const PageSink print = [&](const json::Object& page, const auto& items) -> Outcome<> {
        for (const json::Object* item : items) SNAPGATE_TRY(writer.add(json::serialize(*item)));
        version = json::text_at(page, {"metadata", "resourceVersion"});
        return {};
    };
    SNAPGATE_TRY(each_page(console, api, std::move(request), WhenExpired::kGoOn, print));
    SNAPGATE_TRY(writer.finish({{"resourceVersion", version}}));
    return {};
}

}  // namespace

bool FleetSnapshotFlags::any() const {
    const std::string* texts[] = {
        &ready,          &good,           &stuck,           &name, &cause, &created_after,
        &created_before, &finished_after, &finished_before, &sort};
    return !phases.empty() || !consistencies.empty() ||
           std::ranges::any_of(texts, [](const std::string* text) { return !text->empty(); });
}

void FleetSnapshotFlags::add_to(FleetRequest& request) const {
    request.add("phase", phases);
    request.add("consistency", consistencies);
    request.add("ready", ready);
    request.add("good", good);
    request.add("stuck", stuck);
    request.add("name", name);
    request.add("cause", cause);
    request.add("createdAfter", created_after);
    request.add("createdBefore", created_before);
    request.add("finishedAfter", finished_after);
    request.add("finishedBefore", finished_before);
    request.add("sort", sort);
}

std::vector<Option> fleet_snapshot_options(FleetSnapshotFlags& flags) {
    constexpr const char* kMoment = "TIME";
    return {
        with_words({"--phase", &flags.phases, "STATE[,STATE]",
                    "Only those in these states: Pending, InProgress, Succeeded, Failed, Deleting"},
                   {"Pending", "InProgress", "Succeeded", "Failed", "Deleting"}),
        with_words({"--consistency", &flags.consistencies, "WORD[,WORD]",
                    "Only those that are application, crash, offline or unknown"},
                   {"application", "crash", "offline", "unknown"}),
        with_words(
            {"--ready", &flags.ready, "BOOL", "Only those that are ready to use, or are not"},
            {"true", "false"}),
        with_words(
            {"--good", &flags.good, "BOOL", "Only those that a VM can be restored from, or cannot"},
            {"true", "false"}),
        with_words({"--stuck", &flags.stuck, "BOOL", "Only those that are stuck, or are not"},
                   {"true", "false"}),
        {"--name", &flags.name, "TEXT", "Only those with this in their name"},
        {"--cause", &flags.cause, "TEXT", "Only those with this in their cause"},
        {"--created-after", &flags.created_after, kMoment,
         "Made since then: a time, or how long ago, as 7d"},
        {"--created-before", &flags.created_before, kMoment, "Made before then"},
        {"--finished-after", &flags.finished_after, kMoment, "Succeeded or failed since then"},
        {"--finished-before", &flags.finished_before, kMoment, "Succeeded or failed before then"},
        with_words({"--sort-by", &flags.sort, "FIELD",
                    "created, finished, name, vm or duration; with '-' before it descending"},
                   {"created", "finished", "name", "vm", "duration", "-created", "-finished",
                    "-name", "-vm", "-duration"})};
}

Outcome<> print_fleet_snapshots(Console& console, Api& api, const FleetScope& scope,
                                FleetRequest request, std::string_view output, bool no_headers) {
    if (is_stream(output))
        return print_stream(console, api, std::move(request), output, no_headers);
    SNAPGATE_ASSIGN(const Format format, parse_table_format(output, no_headers));
    if (is_document(format)) return print_objects(console, api, std::move(request), format);
    RowPrinter printer(console, scope, format);
    SNAPGATE_TRY(each_row(api, std::move(request), [&](const json::Object& row) {
        printer.add(row);
        return base::Result<void>();
    }));
    printer.finish();
    return {};
}

}  // namespace snapgate::cli
