#include <fmt/format.h>

#include <memory>

#include "commands/all_commands.h"
#include "json/path.h"
#include "remote/resolve.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The server connects to the cluster and checks whether it can be reached, whether its certificate is
valid, whose credentials these are and what they allow, which version of the API is served, and
whether the clocks agree.
Exit codes: 0 if every point is Good; 1 if one is Bad or a Warning, as when the cluster is out of
reach. A role that may only read is Good.

Examples:
  snapgate check cluster edge
  snapgate check cluster edge -o json)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string output;
    bool no_headers = false;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, parse_table_format(options.output, options.no_headers));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.cluster));
    const std::string target = path_of(Kind::kCluster, cluster.uid) + "/check";
    SNAPGATE_ASSIGN(auto response, api.post(target, json::Object()));
    SNAPGATE_ASSIGN(auto answer, parse_answer(response, api.server()));
    bool good = true;
    std::vector<Table::Row> rows;
    if (const json::Array* points = json::array_at(answer, {"points"})) {
        for (const json::Value& value : *points) {
            const json::Object* point = value.if_object();
            if (point == nullptr) continue;
            std::string found(json::text_at(*point, {"message"}));
            const std::string_view advice = json::text_at(*point, {"advice"});
            if (!advice.empty()) found += fmt::format("; {}", advice);
            const std::string outcome(json::text_at(*point, {"outcome"}));
            good = good && outcome != "Bad" && outcome != "Warning";
            rows.push_back(
                {std::string(json::text_at(*point, {"name"})), outcome, std::move(found)});
        }
    }
    if (is_document(format)) {
        SNAPGATE_TRY(print_answer(shell.console, format, response, api.server()));
    } else {
        // Lines are not cut: the advice is at their ends.
        TableLook look = format.look(shell.console.look());
        look.width = 0;
        Table table({{"POINT"}, {.title = "OUTCOME", .is_state = true}, {"FOUND"}}, look);
        shell.console.print(table.page(rows));
    }
    return good ? Exit::kOk : Exit::kRefused;
}

}  // namespace

Command check_cluster_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "cluster",
        .help = "Check whether a connected cluster can be followed",
        .options = {{"CLUSTER", &options->cluster, "", "The cluster, by name or uid", kNeeded},
                    table_output_option(options->output, {"table", "json", "yaml", "jsonl",
                                                          kJsonPathWord, kColumnsWord}),
                    no_headers_option(options->no_headers)},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
