
#include <memory>

#include "base/clock.h"
#include "base/duration.h"
#include "commands/all_commands.h"
#include "fleet/fleet_request.h"
#include "fleet/row_fields.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "snapshots/snapshot_list.h"
#include "snapshots/snapshot_row.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Where the cluster's VirtualMachines are known, each is shown, with or without snapshots; elsewhere those
that snapshots name. Verdicts: Protected (a good snapshot is at most --max-age old), Late (it is older),
Failing (the last attempt failed), Never (there is no good one), Unknown (what is known of the cluster is
older than --max-age).

Examples:
  # Which VMs of the fleet have no good snapshot, and why?
  snapgate get vms --all-clusters --unprotected
  # The same of one cluster, the oldest first, for a spreadsheet
  snapgate get vms --cluster demo --unprotected --sort-by -age -o csv)";

struct Options {
    ConnectionFlags connection;
    FleetScope scope;
    bool unprotected = false;
    std::vector<std::string> verdicts;
    std::string max_age;
    std::vector<std::string> namespaces;
    std::vector<std::string> vms;
    std::string cause;
    bool application = false;
    std::string selector;
    bool gone = false;
    bool ignored = false;
    std::string sort;
    std::string output;
    bool no_headers = false;
};

Outcome<FleetRequest> request_of(const Options& options, Api& api) {
    SNAPGATE_ASSIGN(FleetRequest request, FleetRequest::make(api, options.scope, "protection"));
    request.add("maxAge", options.max_age);
    request.add("verdict", options.unprotected ? "Late,Failing,Never,Unknown" : "");
    request.add("verdict", options.verdicts);
    request.add("namespace", options.namespaces);
    request.add("vmName", options.vms);
    request.add("cause", options.cause);
    request.add("consistency", options.application ? "application" : "");
    request.add("labelSelector", options.selector);
    request.add("gone", options.gone ? "true" : "");
    request.add("ignored", options.ignored ? "true" : "");
    request.add("sort", options.sort);
    return request;
}

std::string last_good(const json::Object& item) {
    const auto age = json::whole_number(json::value_at(item, {"lastGood", "ageSeconds"}));
    return age ? base::human_duration(std::chrono::seconds(*age)) + " ago" : "<none>";
}

// Of the VM itself, as KubeVirt prints it.
std::string status(const json::Object& item) {
    if (flag_at(item, "gone") == "true") return "<gone>";
    std::string text(json::text_at(item, {"status"}));
    if (flag_at(item, "ignored") == "true") text += text.empty() ? "<ignored>" : " <ignored>";
    return text;
}

Table::Row row_of(const json::Object& item, bool wide) {
    const auto text = [&](std::initializer_list<std::string_view> path) {
        return std::string(json::text_at(item, path));
    };
    Table::Row row{text({"cluster", "name"}),
                   text({"namespace"}),
                   text({"vm"}),
                   text({"verdict"}),
                   last_good(item),
                   number_at(item, "snapshots"),
                   number_at(item, "failed"),
                   text({"lastAttempt", "cause"})};
    if (wide) {
        row.insert(row.end() - 1, text({"lastGood", "name"}));
        row.insert(row.end() - 1, text({"lastAttempt", "name"}));
        row.insert(row.end() - 1, status(item));
        row.insert(row.end() - 1, size_of(item));
        row.insert(row.end() - 1, text({"lastRestore", "name"}));
    }
    return row;
}

std::vector<Column> columns(const FleetScope& scope, bool wide) {
    std::vector<Column> out = place_columns(scope);
    out.insert(out.end(), {{"VM", 0, 16, Column::Cut::kMiddle},
                           {.title = "VERDICT", .is_state = true},
                           {"LAST GOOD"},
                           {"SNAPSHOTS", 2},
                           {"FAILED", 1},
                           cause_column()});
    if (wide) {
        out.insert(out.end() - 1, {"LAST GOOD NAME", 5});
        out.insert(out.end() - 1, {"LAST ATTEMPT", 4});
        out.insert(out.end() - 1, {"STATUS", 6});
        out.insert(out.end() - 1, {"SIZE", 7});
        out.insert(out.end() - 1, {"LAST RESTORE", 8});
    }
    return out;
}

Outcome<> print_pages(Console& console, Api& api, const FleetScope& scope, FleetRequest request,
                      const Format& format) {
    const bool wide = format == Format::kWide;
    Table table(columns(scope, wide), format.look(console.look()));
    ListWriter writer(console, format, "", "");
    bool any = false;
    const PageSink print = [&](const json::Object& /*page*/, const auto& items) -> Outcome<> {
        std::vector<Table::Row> rows;
        any = any || !items.empty();
        for (const json::Object* item : items) {
            if (is_document(format)) {
                SNAPGATE_TRY(writer.add(json::serialize(*item)));
            } else {
                rows.push_back(row_of(*item, wide));
            }
        }
        if (!rows.empty()) console.print(table.page(rows));
        return {};
    };
    SNAPGATE_TRY(each_page(console, api, std::move(request), WhenExpired::kGoOn, print));
    if (is_document(format)) {
        SNAPGATE_TRY(writer.finish({}));
    } else if (!any) {
        console.note("No VMs found.");
    }
    return {};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    Format format = Format::kTable;
    if (!is_stream(options.output)) {
        SNAPGATE_ASSIGN(format, parse_table_format(options.output, options.no_headers));
    }
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(FleetRequest request, request_of(options, api));
    if (is_stream(options.output)) {
        SNAPGATE_TRY(print_stream(shell.console, api, std::move(request), options.output,
                                  options.no_headers));
    } else {
        SNAPGATE_TRY(print_pages(shell.console, api, options.scope, std::move(request), format));
    }
    SNAPGATE_TRY(note_stale_sources(shell.console, api, options.scope));
    return Exit::kOk;
}

}  // namespace

Command get_vms_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> table = fleet_options(options->scope);
    const std::vector<Option> more{
        {"--unprotected", &options->unprotected, "", "Only those that are not Protected"},
        with_words({"--verdict", &options->verdicts, "VERDICT", "Only those with this verdict",
                    false, "--unprotected"},
                   {"Protected", "Late", "Failing", "Never", "Unknown"}),
        {"--max-age", &options->max_age, "DURATION",
         "How old the last good snapshot may be (default 24h)"},
        {"-n,--namespace", &options->namespaces, "NS[,NS]", "Only these namespaces"},
        {"--vm", &options->vms, "VM[,VM]", "Only these VMs"},
        {"--cause", &options->cause, "TEXT", "Only those whose last attempt has this in its cause"},
        {"--application-consistent", &options->application, "",
         "Count only snapshots that are application-consistent, or of a VM that was off"},
        {"-l,--selector", &options->selector, "SELECTOR", "Only VMs with these labels"},
        {"--gone", &options->gone, "", "Also VMs that are not there any more"},
        {"--ignored", &options->ignored, "",
         "Also VMs with the annotation or label snapgate.io/protection=ignore"},
        with_words({"--sort-by", &options->sort, "FIELD",
                    "age, failed, snapshots or vm; with '-' before it descending"},
                   {"age", "failed", "snapshots", "vm", "-age", "-failed", "-snapshots", "-vm"}),
        table_output_option(options->output, {"table", "wide", "json", "yaml", "csv", "jsonl",
                                              kJsonPathWord, kColumnsWord}),
        no_headers_option(options->no_headers)};
    table.insert(table.end(), more.begin(), more.end());
    return {
        .name = "vms",
        .help = "VMs, and how well their snapshots protect them",
        .aliases = {"vm"},
        .options = std::move(table),
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
