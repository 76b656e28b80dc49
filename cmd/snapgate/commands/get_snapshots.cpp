#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/decimal.h"
#include "commands/all_commands.h"
#include "fleet/fleet_snapshots.h"
#include "json/path.h"
#include "json/yaml.h"
#include "model/names.h"
#include "remote/resolve.h"
#include "snapshots/follow_snapshots.h"
#include "snapshots/snapshot_pages.h"
#include "snapshots/snapshot_printer.h"
#include "snapshots/snapshot_route.h"
#include "terminal/typed_line.h"

namespace snapgate::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  # The first page of a cluster's snapshots
  snapgate get snapshots --cluster demo
  # All of two namespaces, not only the first page
  snapgate get snapshots --cluster demo -n payments,web --all
  # Those of one VM, as YAML
  snapgate get snapshots --cluster demo --vm db-01 -o yaml
  # One by name
  snapgate get snapshots db-01-nightly-0003 --cluster demo -n payments
  # Those with a label, and every change to them, until Ctrl-C
  snapgate get snapshots --cluster demo -l app=shop --watch
  # What failed lately in every cluster, and why
  snapgate get snapshots --all-clusters --phase Failed --sort-by -created
  # Names of all snapshots that are not ready
  snapgate get snapshots --cluster demo --all -o json |
    jq -r '.items[] | select(.status.readyToUse != true) | .metadata.name')";

// Instead of columns of labels, in a list of a fleet.
constexpr std::string_view kLabelsInstead =
    "-o custom-columns=NAME:.metadata.name,LABELS:.metadata.labels shows labels";

constexpr unsigned kMostOnAPage = 50;

struct Options {
    ConnectionFlags connection;
    FleetScope scope;
    FleetSnapshotFlags facts;
    std::vector<Option> by_facts;  // the rows of these flags
    std::vector<std::string> names;
    std::vector<std::string> namespaces;
    bool all_namespaces = false;
    std::vector<std::string> vms;
    std::string output;
    std::string limit;
    std::string continue_token;
    bool all = false;
    std::string selector;
    bool watch = false;
    bool no_headers = false;
    LabelColumns labels;
};

// The server silently takes a larger number, and 0, as 50.
bool is_limit(std::string_view text) {
    return base::read_decimal(text, kMostOnAPage).value_or(0) >= 1;
}

Outcome<> check(const Options& options) {
    auto usage = [](std::string message) { return Failure(Exit::kUsage, std::move(message)); };
    auto empty = [](const std::vector<std::string>& values) {
        return !values.empty() && std::all_of(values.begin(), values.end(), [](const auto& value) {
            return value.find_first_not_of(", ") == std::string_view::npos;
        });
    };
    if (empty(options.namespaces))
        return usage("-n names no namespace: leave it out, or give -A, to list all of them");
    if (empty(options.vms))
        return usage("--vm names no VM: leave it out to list the snapshots of all VMs");
    if (!options.limit.empty() && !is_limit(options.limit))
        return usage(fmt::format("--limit {}: a page has 1 to {} objects; --all lists everything",
                                 options.limit, kMostOnAPage));
    if (!options.names.empty() && !options.continue_token.empty())
        return usage("--continue continues a list: it cannot be combined with a NAME");
    const bool whole = options.watch || !options.selector.empty();
    if (whole && (!options.continue_token.empty() || !options.limit.empty()))
        return usage(fmt::format(
            "{} always shows the whole list: it cannot be combined with --limit or --continue",
            options.watch ? "--watch" : "--selector"));
    return {};
}

void note_more(Shell& shell, const SnapshotPage& page) {
    std::string more = page.remaining ? fmt::format("{} more", *page.remaining) : "more";
    shell.console.note(fmt::format("There are {} (--all lists everything). The next page:", more));
    shell.console.note("  " + continuing_line(shell.typed, page.continue_token));
}

// Prints one page, as the API returns it.
Outcome<Exit> print_one_page(Shell& shell, Api& api, SnapshotPages& pages, const SnapshotForm& form,
                             const SnapshotQuery& query) {
    SNAPGATE_ASSIGN(SnapshotPage page, pages.next());
    if (is_document(form.format)) {
        SNAPGATE_TRY(print_answer(shell.console, form.format, page.response, api.server()));
    } else {
        SnapshotPrinter printer(shell.console, form);
        SNAPGATE_TRY(printer.page(page.items));
        if (page.items.empty()) shell.console.note(none_found(query));
    }
    if (page.continue_token.empty()) return Exit::kOk;
    // No note about the next page if this one could not be written.
    SNAPGATE_TRY(shell.console.flush());
    note_more(shell, page);
    return Exit::kOk;
}

Outcome<Exit> print_all(Shell& shell, SnapshotPages& pages, const SnapshotForm& form,
                        const SnapshotQuery& query) {
    SnapshotPrinter printer(shell.console, form);
    size_t count = 0;
    std::string resource_version;
    while (!pages.done()) {
        SNAPGATE_ASSIGN(SnapshotPage page, pages.next());
        SNAPGATE_TRY(printer.page(page.items));
        count += page.items.size();
        resource_version = page.resource_version;
    }
    SNAPGATE_TRY(printer.finish(resource_version));
    if (count == 0 && !is_document(form.format)) shell.console.note(none_found(query));
    return Exit::kOk;
}

// Prints the snapshots of these names that exist. The server looks each up by its name, so the size
// of the cluster does not matter.
Outcome<Exit> print_named(Shell& shell, Api& api, const SnapshotQuery& query,
                          const SnapshotForm& form) {
    StaleNote stale(api, shell.console, query.cluster);
    std::set<std::string, std::less<>> missing(query.names.begin(), query.names.end());
    SnapshotPrinter printer(shell.console, form);
    std::vector<std::string> found;
    const ItemSink take = [&](std::string_view item) -> base::Result<void> {
        SNAPGATE_ASSIGN(const auto value, json::parse(item));
        if (const json::Object* object = value.if_object())
            missing.erase(std::string(json::text_at(*object, {"metadata", "name"})));
        found.emplace_back(item);
        return {};
    };
    SNAPGATE_ASSIGN(const auto version, list_snapshots(api, query, {}, take, &stale));
    SNAPGATE_TRY(printer.page(found));
    SNAPGATE_TRY(printer.finish(version.value_or("")));
    if (missing.empty()) return Exit::kOk;
    return Failure(Exit::kRefused, fmt::format("not found among the snapshots of cluster {}: {}",
                                               query.cluster.name, fmt::join(missing, ", ")));
}

// Whether a query names one snapshot: with a name and a namespace there is at most one, which is
// printed as the object itself.
bool is_single(const SnapshotQuery& query) {
    return query.namespaces.size() == 1 && query.names.size() == 1 && query.vms.size() <= 1 &&
           model::is_dns_label(query.namespaces.front()) &&
           model::is_dns_subdomain(query.names.front()) &&
           (query.vms.empty() || model::is_dns_subdomain(query.vms.front()));
}

Outcome<Exit> print_single(Shell& shell, Api& api, const SnapshotRef& snapshot,
                           const SnapshotForm& form) {
    StaleNote stale(api, shell.console, snapshot.cluster);
    SNAPGATE_ASSIGN(const auto read, read_snapshot(api, snapshot));
    stale.look(read.response);
    if (is_document(form.format)) {
        SNAPGATE_TRY(print_answer(shell.console, form.format, read.response, api.server()));
        return Exit::kOk;
    }
    SnapshotPrinter printer(shell.console, form);
    SNAPGATE_TRY(printer.page({read.response.body}));
    return Exit::kOk;
}

std::vector<std::string> each_once(const std::vector<std::string>& values) {
    std::vector<std::string> out;
    for (const std::string& value : values)
        if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(value);
    return out;
}

// The first flag that has the server's questions about a fleet asked, whose answer lists
// everything, by facts; "" if there is none.
std::string asks_fleet(const Options& options) {
    if (options.scope.all) return "--all-clusters";
    const auto fact = std::ranges::find_if(options.by_facts, is_given);
    if (fact != options.by_facts.end()) return fact->name;
    return is_stream(options.output) ? "-o " + options.output : std::string();
}

// What is only of a plain list of one cluster, and what does it in a list of a fleet.
Outcome<> check_of_fleet(const Options& options, std::string_view asking) {
    const struct {
        bool given;
        std::string_view flag;
        std::string_view instead;
    } plain[] = {
        {options.watch, "--watch",
         "it follows one cluster, and goes with --cluster, -n, --vm and -l"},
        {!options.names.empty(), "a NAME", "--name TEXT selects those with this in their name"},
        {!options.limit.empty(), "--limit", "this list is always printed whole"},
        {!options.continue_token.empty(), "--continue", "this list is always printed whole"},
        {options.labels.all, "--show-labels", kLabelsInstead},
        {!options.labels.keys.empty(), "-L", kLabelsInstead},
    };
    for (const auto& one : plain)
        if (one.given)
            return Failure(Exit::kUsage, fmt::format("{} cannot be combined with {}: {}", one.flag,
                                                     asking, one.instead));
    return {};
}

Outcome<Exit> run_fleet(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(FleetRequest request, FleetRequest::make(api, options.scope, "snapshot"));
    request.add("namespace", options.namespaces);
    request.add("vmName", options.vms);
    request.add("labelSelector", options.selector);
    options.facts.add_to(request);
    SNAPGATE_TRY(print_fleet_snapshots(shell.console, api, options.scope, std::move(request),
                                       options.output, options.no_headers));
    SNAPGATE_TRY(note_stale_sources(shell.console, api, options.scope));
    return Exit::kOk;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    if (const std::string asking = asks_fleet(options); !asking.empty()) {
        SNAPGATE_TRY(check_of_fleet(options, asking));
        return run_fleet(options, shell);
    }
    SNAPGATE_ASSIGN(const Format format, parse_table_format(options.output, options.no_headers));
    const SnapshotForm form{format, {split_values(options.labels.keys), options.labels.all}};
    SNAPGATE_TRY(check(options));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve_cluster(api, options.scope));
    const SnapshotQuery query{cluster, split_values(options.namespaces), each_once(options.names),
                              split_values(options.vms), options.selector};
    // The Palette API has neither label selectors nor watches.
    if (options.watch || !options.selector.empty()) {
        auto shown = options.watch ? follow_snapshots(shell.console, api, query, form)
                                   : print_selected(shell.console, api, query, form);
        if (!shown && shown.error().status == 400 && !options.selector.empty())
            shown.error().message =
                fmt::format("--selector {}: {}", options.selector, shown.error().message);
        return shown;
    }
    if (is_single(query))
        return print_single(shell, api,
                            {cluster, query.namespaces.front(), query.names.front(),
                             query.vms.empty() ? "" : query.vms.front()},
                            form);
    if (!query.names.empty()) return print_named(shell, api, query, form);
    SnapshotPages pages(api, shell.console,
                        {cluster, options.namespaces, options.vms, options.limit,
                         options.continue_token, shell.typed},
                        options.all);
    if (options.all) return print_all(shell, pages, form, query);
    return print_one_page(shell, api, pages, form, query);
}

}  // namespace

Command get_snapshots_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> table = fleet_options(options->scope);
    const auto add = [&table](const std::vector<Option>& more) {
        table.insert(table.end(), more.begin(), more.end());
    };
    add({completing({"NAME", &options->names, "", "Snapshots to show, by exact name"},
                    Completes::kSnapshot),
         {"-n,--namespace", &options->namespaces, "NS[,NS]", "Only these namespaces"},
         {"-A,--all-namespaces", &options->all_namespaces, "", "All namespaces (the default)",
          false, "--namespace"},
         {"--vm", &options->vms, "VM[,VM]", "Only the snapshots of these VMs"}});
    options->by_facts = fleet_snapshot_options(options->facts);
    add(options->by_facts);
    add({table_output_option(options->output, {"table", "wide", "json", "yaml", "name", "csv",
                                               "jsonl", kJsonPathWord, kColumnsWord}),
         no_headers_option(options->no_headers),
         {"-L,--label-columns", &options->labels.keys, "KEY[,KEY]", "Show these labels as columns"},
         {"--show-labels", &options->labels.all, "", "Show all labels, as the last column"},
         {"--limit", &options->limit, "N", "Objects per page, 1 to 50; 50 is the default"},
         {"--continue", &options->continue_token, "TOKEN", "Continue where another page ended"},
         {"--all", &options->all, "", "List everything, not only one page"},
         {"-l,--selector", &options->selector, "SELECTOR",
          "Only those with these labels, as app=shop,tier!=test (implies --all)"},
         {"-w,--watch", &options->watch, "",
          "Print the whole list, then every change, until Ctrl-C"}});
    return {
        .name = "snapshots",
        .help = "The VM snapshots of a cluster, or of all",
        .aliases = {"snapshot", "vmsnapshots", "vmsnapshot"},
        .options = std::move(table),
        .connection = &options->connection,
        .footer = kExamples,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
