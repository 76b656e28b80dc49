#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "commands/all_commands.h"
#include "json/path.h"
#include "snapshots/times.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

constexpr const char* kPath = "/admin/v1/replicas";

struct Options {
    ConnectionFlags connection;
    std::string output;
    bool no_headers = false;
};

Table::Row row_of(const json::Object& replica) {
    const auto number = [&](std::string_view name) {
        const json::Value* value = json::value_at(replica, {name});
        return value != nullptr ? json::serialize(*value) : std::string("<unknown>");
    };
    const std::string_view address = json::text_at(replica, {"address"});
    const json::Value* leads = json::value_at(replica, {"leads"});
    const bool is_leader = leads != nullptr && leads->is_bool() && leads->get_bool();
    return {std::string(address.empty() ? "<starting>" : address),
            std::string(json::text_at(replica, {"version"})),
            is_leader ? "yes" : "no",
            number("revision"),
            number("behind"),
            age_of(json::text_at(replica, {"since"}), base::system_clock().now_ms() / 1000),
            std::string(json::text_at(replica, {"id"}))};
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const Format format, parse_table_format(options.output, options.no_headers));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(const auto response, api.get(kPath));
    if (is_document(format)) {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
        return Exit::kOk;
    }
    SNAPGATE_ASSIGN(const auto items, parse_items(response, api.server()));
    std::vector<Table::Row> rows;
    for (const json::Object& item : items) {
        if (format == Format::kName) {
            shell.console.print_line(json::text_at(item, {"id"}));
        } else {
            rows.push_back(row_of(item));
        }
    }
    if (items.empty())
        shell.console.note("This server has no replicas: it was started without --etcd.");
    if (rows.empty()) return Exit::kOk;
    Table table(
        {{"ADDRESS"}, {"VERSION", 1}, {"LEADS"}, {"REVISION"}, {"BEHIND"}, {"AGE"}, {"ID", 2}},
        format.look(shell.console.look()));
    shell.console.print(table.page(rows));
    return Exit::kOk;
}

}  // namespace

Command get_replicas_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "replicas",
        .help = "The servers that share their truth in etcd (for admins)",
        .aliases = {"replica"},
        .options = {table_output_option(options->output, {"table", "json", "yaml", "name", "jsonl",
                                                          kJsonPathWord, kColumnsWord}),
                    no_headers_option(options->no_headers)},
        .connection = &options->connection,
        .footer =
            "REVISION is the revision of etcd that a replica's copy has, BEHIND by how many it "
            "is behind\nthe newest write. The one that LEADS does what is done once for all.\n\n"
            "Examples:\n"
            "  snapgate get replicas\n"
            "  snapgate get replicas -o json",
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
